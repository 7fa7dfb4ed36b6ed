package when

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Every form of one moment: 30 November 2026, 14:05:09 or 14:05 in Moscow.
func TestMoment_everyForm(t *testing.T) {
	c := Calendar{zone(t, "Europe/Moscow"), DayFirst}
	for _, form := range []string{
		"2026-11-30T14:05:09+03:00", "2026-11-30T11:05:09Z", "2026-11-30T11:05:09.123Z", "2026-11-30T11:05:09,123456Z", "2026-11-30T14:05:09",
		"2026-11-30t14:05:09+0300", "2026-11-30T14:05:09+03", "2026-11-30 14:05:09", "2026-11-30 14:05:09.000", "2026-11-30 11:05:09 UTC", "2026-11-30 11:05:09 +0000 UTC",
		"2026-11-30 14:05:09 +0300 MSK", "2026-11-30 14:05:09 MSK", "20261130T140509", "20261130T110509Z", "2026/11/30 14:05:09", "2026.11.30 14:05:09",
		"30.11.2026 14:05:09", "30.11.26 14:05:09", "30/11/2026 14:05:09", "30/11/2026, 14:05:09", "30-11-2026 14:05:09", "11/30/2026 14:05:09", "11/30/2026 2:05:09 PM",
		"11/30/26, 2:05:09\u202fPM", "14:05:09 30.11.2026", "30.11.2026 в 14:05:09", "30 ноября 2026 г. в 14:05:09", "30 ноября 2026 г., 14:05:09", "30 листопада 2026 р. о 14:05:09",
		"November 30, 2026 2:05:09 PM", "November 30, 2026 at 2:05:09 p.m.", "Nov 30 2026 14:05:09", "30 de noviembre de 2026 a las 14:05:09", "30 de noviembre de 2026, 2:05:09 p. m.",
		"30 de novembro de 2026 às 14:05:09", "2026-yil 30-noyabr 14:05:09", "30-noyabr 2026 soat 14:05:09", "Mon, 30 Nov 2026 14:05:09 +0300", "Mon, 30 Nov 2026 11:05:09 GMT",
		"Mon, 30 Nov 2026 06:05:09 EST", "30 Nov 26 11:05:09 UT", "Monday, 30-Nov-26 11:05:09 GMT", "Mon Nov 30 14:05:09 2026", "Mon Nov 30 11:05:09 UTC 2026", "Mon Nov 30 11:05:09 +0000 2026",
		"Mon Nov 30 2026 14:05:09 GMT+0300 (Moscow Standard Time)", "30.11.2026 14:05:09 GMT+3", "30.11.2026 14:05:09 UTC+03:00", "30.11.2026 14:05:09 +3", "30.11.2026 11:05:09 −00:00", "30.11.2026 14:05:09\u200b +03:00",
		" 30\u00a0ноября\u00a02026 14:05:09 ", "1796036709", "1796036709.5", "1796036709000", "1796036709123", "1796036709123456", "1796036709123456789", "/Date(1796036709000+0300)/",
		"lunes, 30 de noviembre de 2026 14:05:09", "segunda-feira, 30 de novembro de 2026 14:05:09", "понедельник, 30 ноября 2026 14:05:09", "понеділок, 30 листопада 2026 14:05:09", "dushanba, 30-noyabr 2026 14:05:09",
	} {
		unix, err := c.Moment(form)
		if err != nil || unix != 1796036709 {
			t.Errorf("%q: %d, %v", form, unix-1796036709, err)
		}
	}
	for _, form := range []string{
		"2026-11-30T14:05", "30.11.2026 14:05", "30.11.2026 2:05 pm", "30.11.2026 02:05PM", "30/11/2026 14h05", "30/11/2026 às 14h05", "30.11.2026 14:05 ч.", "14:05, 30.11.2026", "30 Nov 2026 14:05 PM",
	} {
		if unix, err := c.Moment(form); err != nil || unix != 1796036700 {
			t.Errorf("%q: %d, %v", form, unix-1796036700, err)
		}
	}
	for form, clock := range map[string]string{
		"30.11.2026": "00:00", "30 ноября 2026": "00:00", "2026-11-30 12:00 AM": "00:00", "2026-11-30 12:30 AM": "00:30", "2026-11-30 12 PM": "12:00", "2026-11-30 11 pm": "23:00",
		"30/11/2026 14h": "14:00", "30/11/2026 14 hs": "14:00", "2026-11-30 0:05": "00:05",
	} {
		unix, err := c.Moment(form)
		if got := time.Unix(unix, 0).In(c.Zone).Format("2006-01-02 15:04"); err != nil || got != "2026-11-30 "+clock {
			t.Errorf("%q: %s, %v", form, got, err)
		}
	}
	if unix, err := c.Moment("2026-11-30T24:00"); err != nil || time.Unix(unix, 0).In(c.Zone).Format(time.DateTime) != "2026-12-01 00:00:00" {
		t.Errorf("the end of a day: %d, %v", unix, err)
	}
}

func TestDay_everyForm(t *testing.T) {
	for name, c := range map[string]Calendar{
		"UTC": {}, "Moscow": {zone(t, "Europe/Moscow"), DayFirst}, "Bogotá": {zone(t, "America/Bogota"), DayFirst}, "Honolulu": {zone(t, "Pacific/Honolulu"), MonthFirst},
	} {
		want := time.Date(2026, 11, 30, 0, 0, 0, 0, c.zone()).Unix()
		for _, form := range []string{
			"2026-11-30", "20261130", "2026/11/30", "2026.11.30", "2026-11-30T00:00:00.000Z", "2026-11-30T00:00:00+03:00", "2026-11-30 14:05:09", "2026-11-30T23:59", "30.11.2026", "30.11.2026.", "30. 11. 2026",
			"30.11.26", "30/11/2026", "30/11/26", "11/30/2026", "30-11-2026", "30 ноября 2026 г.", "30 ноября 2026г", "30 нояб. 2026", "«30» ноября 2026 г.", `"30" ноября 2026`, "November 30, 2026", "November 30th, 2026",
			"the 30th of November 2026", "Nov. 30, 2026", "30 Nov 2026", "30-Nov-2026", "30-Nov-26", "30 Nov '26", "2026 November 30", "30 de noviembre de 2026", "30 nov. 2026", "30 de novembro de 2026", "30 листопада 2026",
			"30 листопада 2026 року", "30-noyabr 2026", "2026-yil 30-noyabr", "30 ноябр 2026", "30-е ноября 2026", "пн, 30.11.2026", "30.11.2026 (пн)", "Monday, November 30, 2026", "dushanba, 30-noyabr, 2026-yil",
			fmt.Sprint(want), fmt.Sprint(want * 1000),
		} {
			if unix, err := c.Day(form); err != nil || unix != want {
				t.Errorf("%s, %q: %+d s, %v", name, form, unix-want, err)
			}
			if unix, err := c.Birthday(form); (err != nil || unix != want) && !strings.Contains(form, "26") {
				t.Errorf("birthday: %s, %q: %+d s, %v", name, form, unix-want, err)
			}
		}
	}
}

// A time with a zone is the account's day: pages send the midnight of their own zone in UTC.
func TestDay_ofATimeWithAZone(t *testing.T) {
	for form, want := range map[string]string{
		"2026-11-29T21:00:00.000Z": "2026-11-30", "2026-11-29T20:59:59Z": "2026-11-29", "2026-11-30T00:00:00Z": "2026-11-30", "2026-11-30T23:30:00+00:00": "2026-12-01",
		"2026-11-30T00:00:00-05:00": "2026-11-30", "2026-11-30T23:30:00": "2026-11-30",
	} {
		c := Calendar{zone(t, "Europe/Moscow"), DayFirst}
		unix, err := c.Day(form)
		if got := time.Unix(unix, 0).In(c.Zone).Format(time.DateOnly + " 15:04"); err != nil || got != want+" 00:00" {
			t.Errorf("%s: %s, %v", form, got, err)
		}
	}
}

func TestDay_monthsOfSixLanguages(t *testing.T) {
	for i := range 12 {
		month := time.Month(i + 1)
		for _, form := range []string{
			month.String(), month.String()[:3],
			strings.Fields("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre")[i],
			strings.Fields("ene feb mar abr may jun jul ago sep oct nov dic")[i],
			strings.Fields("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro")[i],
			strings.Fields("jan fev mar abr mai jun jul ago set out nov dez")[i],
			strings.Fields("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")[i],
			strings.Fields("янв фев мар апр май июн июл авг сен окт ноя дек")[i],
			strings.Fields("січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня")[i],
			strings.Fields("січ лют бер квіт трав черв лип серп вер жовт лист груд")[i],
			strings.Fields("yanvar fevral mart aprel may iyun iyul avgust sentabr oktabr noyabr dekabr")[i],
		} {
			for _, text := range []string{"7 " + form + " 2026", "7 " + strings.ToUpper(form) + ". 2026", form + " 7, 2026", "7-" + form + "-26"} {
				unix, err := Calendar{}.Day(text)
				if want := time.Date(2026, month, 7, 0, 0, 0, 0, time.UTC).Unix(); err != nil || unix != want {
					t.Errorf("%q: %s, %v", text, time.Unix(unix, 0).UTC().Format(time.DateOnly), err)
				}
			}
		}
	}
	for text, want := range map[string]string{"mar 3 mar 2026": "2026-03-03", "mar., 1 de dic. de 2026": "2026-12-01", "martes 1 de diciembre de 2026": "2026-12-01", "mar 3 2026": "2026-03-03"} {
		unix, err := Calendar{}.Day(text)
		if got := time.Unix(unix, 0).UTC().Format(time.DateOnly); err != nil || got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

func TestNames_meanOneThing(t *testing.T) {
	for name := range monthNames {
		if _, both := weekdays[name]; both && name != "mar" || fillers[name] {
			t.Errorf("%q is a month and something else", name)
		}
	}
	for name := range weekdays {
		if fillers[name] {
			t.Errorf("%q is a weekday and nothing", name)
		}
	}
}

// What day and month are is decided by the numbers, else by the account, else by nobody.
func TestDay_orderOfDayAndMonth(t *testing.T) {
	for _, c := range []struct {
		text  string
		order Order
		want  string
	}{
		{"03/04/2026", DayFirst, "2026-04-03"}, {"03/04/2026", MonthFirst, "2026-03-04"}, {"03/04/2026", Unknown, ""},
		{"03-04-2026", DayFirst, "2026-04-03"}, {"03-04-2026", MonthFirst, "2026-03-04"}, {"03-04-2026", Unknown, ""},
		{"03.04.2026", DayFirst, "2026-04-03"}, {"03.04.2026", MonthFirst, ""}, {"03.04.2026", Unknown, "2026-04-03"},
		{"03/04/26", DayFirst, "2026-04-03"}, {"03/04/26", MonthFirst, "2026-03-04"}, {"03/04/26", Unknown, ""},
		{"13/04/2026", MonthFirst, "2026-04-13"}, {"04/13/2026", DayFirst, "2026-04-13"}, {"04/13/2026", Unknown, "2026-04-13"},
		{"05/05/2026", Unknown, "2026-05-05"}, {"2026-03-04", MonthFirst, "2026-03-04"}, {"2026/03/04", Unknown, "2026-03-04"}, {"85-03-04", Unknown, "1985-03-04"},
	} {
		unix, err := Calendar{Order: c.order}.Day(c.text)
		got := time.Unix(unix, 0).UTC().Format(time.DateOnly)
		var reason *Error
		if c.want == "" && (!errors.As(err, &reason) || reason.Reason != Ambiguous) || c.want != "" && (err != nil || got != c.want) {
			t.Errorf("%s, %d: %s, %v; want %s", c.text, c.order, got, err, c.want)
		}
	}
}

func TestOrderOf_formatBeforeCountry(t *testing.T) {
	for _, c := range []struct {
		format, country string
		want            Order
	}{
		{"d.m.Y", "US", DayFirst}, {"m/d/Y", "RU", MonthFirst}, {"j F Y", "", DayFirst}, {"F j, Y", "", MonthFirst}, {"Y-m-d", "BR", DayFirst}, {"Y-m-d", "", Unknown}, {"", "RU", DayFirst}, {"", "ua ", DayFirst},
		{"", "US", MonthFirst}, {"", "", Unknown}, {"", "CA", Unknown}, {"H:i", "UZ", DayFirst},
	} {
		if got := OrderOf(c.format, c.country); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.format, c.country, got, c.want)
		}
	}
}

func TestBirthday_yearsOfTwoDigitsArePast(t *testing.T) {
	c := Calendar{Order: DayFirst}
	now := time.Now().UTC()
	next := now.AddDate(1, 0, 0).Format("06")
	for text, want := range map[string]string{"30.11.85": "1985-11-30", "01.02.01": "2001-02-01", "1 мая 60": "1960-05-01", "29.02.40": "1940-02-29"} {
		unix, err := c.Birthday(text)
		if got := time.Unix(unix, 0).UTC().Format(time.DateOnly); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	unix, err := c.Birthday("10.05." + next)
	if got := time.Unix(unix, 0).UTC().Year(); err != nil || got != now.Year()+1-100 {
		t.Errorf("next year: %d, %v", got, err)
	}
	if unix, err := c.Birthday("12.04.1961"); err != nil || unix != -275270400 {
		t.Errorf("before 1970: %d, %v", unix, err)
	}
	if unix, err := c.Birthday("-275270400"); err != nil || unix != -275270400 {
		t.Errorf("before 1970 in Unix seconds: %d, %v", unix, err)
	}
}

func TestMoment_hoursThatAreSkippedOrComeTwice(t *testing.T) {
	for _, c := range []struct{ zone, text, want string }{
		{"America/New_York", "2026-03-08 02:30", "2026-03-08T03:30:00-04:00"},
		{"America/New_York", "2026-03-08 01:59", "2026-03-08T01:59:00-05:00"},
		{"America/New_York", "2026-03-08 03:00", "2026-03-08T03:00:00-04:00"},
		{"America/New_York", "2026-11-01 01:30", "2026-11-01T01:30:00-04:00"},
		{"America/New_York", "2026-11-01 01:30 EST", "2026-11-01T01:30:00-04:00"},
		{"America/New_York", "2026-11-01 01:30 -0500", "2026-11-01T01:30:00-05:00"},
		{"Europe/Madrid", "29.03.2026 02:15", "2026-03-29T03:15:00+02:00"},
		{"Europe/Kyiv", "25.10.2026 03:30", "2026-10-25T03:30:00+03:00"},
		{"America/Sao_Paulo", "04.11.2018", "2018-11-04T01:00:00-02:00"}, // a day that began at one
	} {
		loc := zone(t, c.zone)
		unix, err := Calendar{loc, DayFirst}.Moment(c.text)
		if got := time.Unix(unix, 0).In(loc).Format(time.RFC3339); err != nil || got != c.want {
			t.Errorf("%s %s: %s, %v; want %s", c.zone, c.text, got, err, c.want)
		}
	}
}

func TestRefusals_sayWhy(t *testing.T) {
	c := Calendar{Order: DayFirst}
	for reason, texts := range map[Reason][]string{
		NoYear: {"30 ноября", "30.11", "30/11", "November 30", "30 noviembre 14:05"},
		Impossible: {"31.02.2026", "2026-02-30", "29.02.2026", "30 февраля 2026", "0000-00-00", "0000-00-00 00:00:00", "2026-30-11", "2026-13-45", "32.01.2026", "13/13/2026", "00.11.2026", "30.11.0026",
			"30.11.3026", "2026-11-30 25:00", "2026-11-30 14:60", "2026-11-30 14:05:61", "2026-11-30 24:01", "30.11.2026 14:05 AM", "Tuesday, November 30, 2026", "вт 30.11.2026"},
		NoDate: {"", " ", "tomorrow", "today", "now", "завтра", "14:05", "2026", "11.2026", "ноябрь 2026", "30", "0", "1", "46356", "46356.5", "301126", "30112026", "20261341", "30.11/2026", "30..11.2026", "1.2.3.4", "30.11.2026 30.11.2026",
			"30.11.2026 and more", "about 30.11.2026", "30.11.2026 — 01.12.2026", "+7 999 123-45-67", "30.11.12345", "99999999999999999999", "2026-W48-1", "2026-334", "30.11.2026 14:05 XYZ", "30.11.2026 14:05 +99:00",
			"@30.11.2026", "30.11.2026!", "{{date}}", "30 ноября декабря 2026", "1 2 ноября 2026", "30.11.2026 14.05", strings.Repeat("30.11.2026 ", 20), "\x00", "30,11,2026 1"},
	} {
		for _, text := range texts {
			for name, read := range map[string]func(string) (int64, error){"Moment": c.Moment, "Day": c.Day, "Birthday": c.Birthday} {
				if name != "Moment" && (strings.Contains(text, ":") && reason == NoDate) {
					continue
				}
				unix, err := read(text)
				var e *Error
				if !errors.As(err, &e) || e.Reason != reason || e.Error() == "" {
					t.Errorf("%s(%q): %d, %v; want %s", name, text, unix, err, reason)
				}
			}
		}
	}
}

// A spreadsheet's day number is no Unix time, but the CRM's own early midnights are.
func TestDay_earlyUnixTimesAreMidnights(t *testing.T) {
	c := Calendar{Zone: zone(t, "Europe/Moscow")}
	for text, ok := range map[string]bool{"86400": true, "75600": true, "-97200": true, "-45000": true, "45000": false, "46356": false, "99999999": false, "100000000": true} {
		if unix, err := c.Day(text); (err == nil) != ok {
			t.Errorf("%s: %d, %v", text, unix, err)
		}
	}
}

func FuzzCalendar(f *testing.F) {
	for _, text := range []string{"2026-11-30T14:05:09.123+03:00", "30.11.26", "11/30/26, 2:05 PM", "30 ноября 2026 г. в 14:05", "Mon, 30 Nov 2026 11:05:09 GMT", "1796036709123", "/Date(1)/", "14h05 30-noyabr 2026", "31.02.2026", "24:00 1.1.1970"} {
		f.Add(text, "Europe/Madrid")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		loc, err := time.LoadLocation(name)
		if err != nil {
			return
		}
		for _, order := range []Order{Unknown, DayFirst, MonthFirst} {
			c := Calendar{loc, order}
			for _, read := range []func(string) (int64, error){c.Moment, c.Day, c.Birthday} {
				unix, err := read(text)
				var e *Error
				if err != nil && (!errors.As(err, &e) || unix != 0) {
					t.Errorf("%q: %d beside %v", text, unix, err)
				}
				if year := time.Unix(unix, 0).UTC().Year(); err == nil && (year < 1600 || year > 2290) {
					t.Errorf("%q: the year %d", text, year)
				}
			}
		}
	})
}
