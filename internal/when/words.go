package when

import (
	"strings"
	"sync"
	"time"
)

// Names in English, Spanish, Portuguese, Russian, Ukrainian and Uzbek, as people write and shorten them.
var (
	monthNames = numbered(
		"january jan enero ene janeiro январь января янв січень січня січ yanvar yan январ",
		"february feb febrero fevereiro fev февраль февраля фев февр лютий лютого лют fevral феврал",
		"march mar marzo março marco март марта мар березень березня бер mart",
		"april apr abril abr апрель апреля апр квітень квітня кві квіт aprel апрел",
		"may mayo maio mai май мая травень травня тра трав",
		"june jun junio junho июнь июня июн червень червня чер черв iyun",
		"july jul julio julho июль июля июл липень липня лип iyul",
		"august aug agosto ago август августа авг серпень серпня сер серп avgust avg",
		"september sep sept septiembre setiembre set setembro сентябрь сентября сен сент вересень вересня вер верес sentabr sentyabr sen sent сентабр сентябр",
		"october oct octubre outubro out октябрь октября окт жовтень жовтня жов жовт oktabr oktyabr okt октабр октябр",
		"november nov noviembre novembro ноябрь ноября ноя нояб листопад листопада лис лист noyabr noy ноябр",
		"december dec diciembre dic dezembro dez декабрь декабря дек грудень грудня гру груд dekabr dek декабр",
	)
	// weekdays count from Sunday as 1.
	weekdays = numbered(
		"sunday sun domingo dom воскресенье воскресенья вс неділя неділю неділі нд yakshanba yak",
		"monday mon lunes lun segunda seg понедельник понедельника пн понеділок понеділка dushanba dush",
		"tuesday tue tues martes mar terça terca ter вторник вторника вт вівторок вівторка seshanba sesh",
		"wednesday wed miércoles miercoles mié mie quarta qua среда среду среды ср середа середу середи chorshanba chor",
		"thursday thu thur thurs jueves jue quinta qui четверг четверга чт четвер четверга payshanba pay",
		"friday fri viernes vie sexta sex пятница пятницу пятницы пт п'ятниця п'ятницю п'ятниці juma jum",
		"saturday sat sábado sabado sáb sab суббота субботу субботы сб субота суботу суботи shanba shan",
	)
	// fillers mean nothing beside a date: "30 de noviembre", "30 ноября 2026 г.", "the 1st of", "в 14:05 ч.", "2026-yil".
	fillers = set("de del of the on at el la las a às as o em dia día г год года году р рік року в во о об yil yili yilda kuni soat " +
		"st nd rd th º ª er ro го е й h hs hrs hours ч час часа часов feira")
)

func numbered(lines ...string) map[string]int {
	out := map[string]int{}
	for i, line := range lines {
		for name := range strings.FieldsSeq(line) {
			out[name] = i + 1
		}
	}
	return out
}

func set(names string) map[string]bool {
	out := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		out[name] = true
	}
	return out
}

// zones are the time zones read so far, by name. Only names that exist come in, so there are a few hundred at the most.
var zones sync.Map

// Zone returns the time zone of a name. It is time.LoadLocation, which reads its file at every call, with a memory.
func Zone(name string) (*time.Location, error) {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, zone)
	return zone, nil
}
