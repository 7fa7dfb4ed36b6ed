package i18n

import (
	"fmt"
	"math"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/sidecard/sidecard/internal/phone"
)

// Format writes values in the reader's language, in the account's time zone and with the phones of its country. Now is
// injected so that ages can be tested.
type Format struct {
	Catalog *Catalog
	Lang    Lang
	Zone    *time.Location // nil is UTC
	Now     time.Time
	phone.Display
}

var printers = map[Lang]*message.Printer{
	EN: message.NewPrinter(language.AmericanEnglish),
	ES: message.NewPrinter(language.Spanish),
	PT: message.NewPrinter(language.BrazilianPortuguese),
	RU: message.NewPrinter(language.Russian),
	UK: message.NewPrinter(language.Ukrainian),
	UZ: message.NewPrinter(language.Uzbek),
}

// signs are written instead of the code where readers of any of our languages know them.
var signs = map[string]string{
	"USD": "$", "EUR": "€", "GBP": "£", "RUB": "₽", "KZT": "₸", "UAH": "₴", "BRL": "R$", "INR": "₹", "TRY": "₺", "ILS": "₪",
}

const nbsp = "\u00a0"

// T returns a text in the language (Catalog.T).
func (f Format) T(key string, args ...any) string { return f.Catalog.T(f.Lang, key, args...) }

// Number returns a number as the language writes it: it groups thousands and drops a zero fraction.
func (f Format) Number(x float64) string {
	p, ok := printers[f.Lang]
	if !ok {
		p = printers[EN]
	}
	digits := 2
	if x == math.Trunc(x) {
		digits = 0
	}
	s := p.Sprint(number.Decimal(x, number.MinFractionDigits(digits), number.MaxFractionDigits(digits)))
	return strings.ReplaceAll(s, " ", nbsp)
}

// Money returns an amount with its currency (ISO 4217), placed as the language places it. Without a currency it is a number.
func (f Format) Money(amount float64, currency string) string {
	n := f.Number(amount)
	currency = strings.ToUpper(strings.TrimSpace(currency))
	sign, known := signs[currency]
	switch {
	case currency == "":
		return n
	case !known:
		return n + nbsp + currency
	case f.Lang == EN && currency != "RUB" && currency != "KZT" && currency != "UAH":
		return strings.Replace(sign+n, sign+"-", "-"+sign, 1)
	case f.Lang == PT:
		return sign + nbsp + n
	default:
		return n + nbsp + sign
	}
}

// In returns a time in the account's time zone.
func (f Format) In(t time.Time) time.Time {
	if f.Zone == nil {
		return t.UTC()
	}
	return t.In(f.Zone)
}

// Date returns day, month and, unless it is this year, the year.
func (f Format) Date(t time.Time) string { return f.Day(f.In(t)) }

// Day returns the Date of a calendar day that has no time zone.
func (f Format) Day(t time.Time) string {
	month := f.T("month." + t.Format("01"))
	key := "date.short"
	if t.Year() != f.In(f.Now).Year() {
		key = "date.long"
	}
	return f.T(key, "Day", t.Day(), "Month", month, "Year", t.Year())
}

// DateTime returns the Date with the hour.
func (f Format) DateTime(t time.Time) string { return f.Date(t) + ", " + f.In(t).Format("15:04") }

// days returns how many midnights lie between now and t; negative is past.
func (f Format) days(t time.Time) int {
	midnight := func(t time.Time) time.Time {
		y, m, d := f.In(t).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(t).Sub(midnight(f.Now)) / (24 * time.Hour))
}

// Age returns how long ago t was: "just now", "5 min ago", "yesterday", then the date.
func (f Format) Age(t time.Time) string {
	d := f.Now.Sub(t)
	days := -f.days(t)
	switch {
	case d < time.Minute:
		return f.T("age.now")
	case d < time.Hour:
		return f.T("age.minutes", "Count", int(d/time.Minute))
	case days <= 0 || d < 8*time.Hour:
		return f.T("age.hours", "Count", int(d/time.Hour))
	case days == 1:
		return f.T("age.yesterday")
	case days < 7:
		return f.T("age.days", "Count", days)
	}
	return f.Date(t)
}

// Due returns when a task is due and how urgent that is: "late", "today" or "later".
func (f Format) Due(t time.Time) (text, urgency string) {
	days := f.days(t)
	clock := f.In(t).Format("15:04")
	if clock == "23:59" { // an all-day task, amocrm.md §6.3
		clock = ""
	}
	switch {
	case t.Before(f.Now) && days == 0:
		return f.T("due.late_today", "Time", f.In(t).Format("15:04")), "late"
	case t.Before(f.Now):
		return f.T("due.late", "Count", -days), "late"
	case days == 0 && clock == "":
		return f.T("due.today"), "today"
	case days == 0:
		return f.T("due.today_at", "Time", clock), "today"
	case days == 1:
		return f.T("due.tomorrow"), "later"
	}
	return f.T("due.on", "Date", f.Date(t)), "later"
}

// Duration returns the length of a call, seconds as m:ss.
func (f Format) Duration(seconds int) string {
	seconds = max(seconds, 0)
	return printers[EN].Sprintf("%d", seconds/60) + fmt.Sprintf(":%02d", seconds%60)
}
