package i18n

import (
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/internal/phone"
)

func format(t *testing.T, lang Lang) Format {
	t.Helper()
	c, err := NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	return Format{Catalog: c, Lang: lang, Zone: zone, Display: phone.Display{Region: "RU"}, Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
}

func TestMoney_asTheLanguageWritesIt(t *testing.T) {
	tests := []struct {
		lang     Lang
		amount   float64
		currency string
		want     string
	}{
		{EN, 1234567, "USD", "$1,234,567"}, {EN, -5, "USD", "-$5"}, {EN, 185000, "RUB", "185,000 ₽"}, {EN, 10.5, "EUR", "€10.50"},
		{RU, 1234567, "rub", "1 234 567 ₽"}, {RU, 10.5, "USD", "10,50 $"}, {ES, 1234567, "EUR", "1.234.567 €"},
		{PT, 1234.5, "BRL", "R$ 1.234,50"}, {EN, 12, "UZS", "12 UZS"},
		{UK, 1234567.5, "UAH", "1 234 567,50 ₴"}, {UZ, 1234567, "UZS", "1 234 567 UZS"}, {UZ, 10.5, "USD", "10,50 $"}, {EN, 12, "", "12"},
	}
	for _, tt := range tests {
		got := strings.ReplaceAll(format(t, tt.lang).Money(tt.amount, tt.currency), nbsp, " ")
		if got != tt.want {
			t.Errorf("%s %v %s: got %q, want %q", tt.lang, tt.amount, tt.currency, got, tt.want)
		}
	}
}

func TestAge_inWords(t *testing.T) {
	f := format(t, EN)
	tests := []struct {
		ago  time.Duration
		want string
	}{
		{-time.Minute, "just now"}, {20 * time.Second, "just now"}, {5 * time.Minute, "5 min ago"}, {3 * time.Hour, "3 h ago"},
		{16 * time.Hour, "yesterday"}, {50 * time.Hour, "2 days ago"}, {10 * 24 * time.Hour, "Nov 11"}, {400 * 24 * time.Hour, "Oct 17, 2025"},
	}
	for _, tt := range tests {
		if got := f.Age(f.Now.Add(-tt.ago)); got != tt.want {
			t.Errorf("%v ago: got %q, want %q", tt.ago, got, tt.want)
		}
	}
	ru := format(t, RU)
	if got := ru.Age(ru.Now.Add(-3 * 24 * time.Hour)); got != "3 дня назад" {
		t.Errorf("got %q", got)
	}
}

func TestDate_inTheAccountsZone(t *testing.T) {
	f := format(t, RU)
	late := time.Date(2026, 3, 31, 22, 30, 0, 0, time.UTC) // 1 April in Moscow
	if got := f.DateTime(late); got != "1 апр., 01:30" {
		t.Errorf("got %q", got)
	}
}

func TestDue_lateTodayLater(t *testing.T) {
	f := format(t, EN) // 15:00 in Moscow
	tests := []struct {
		after         time.Duration
		text, urgency string
	}{
		{-49 * time.Hour, "Overdue by 2 days", "late"}, {-24 * time.Hour, "Overdue by 1 day", "late"}, {-time.Hour, "Overdue since 14:00", "late"},
		{time.Hour, "task today at 16:00", "today"}, {8*time.Hour + 59*time.Minute, "task today", "today"},
		{24 * time.Hour, "task tomorrow", "later"}, {96 * time.Hour, "task on Nov 25", "later"},
	}
	for _, tt := range tests {
		text, urgency := f.Due(f.Now.Add(tt.after))
		if text != tt.text || urgency != tt.urgency {
			t.Errorf("%v: got %q %q, want %q %q", tt.after, text, urgency, tt.text, tt.urgency)
		}
	}
}

func TestDuration(t *testing.T) {
	for sec, want := range map[int]string{0: "0:00", 65: "1:05", 3599: "59:59", -4: "0:00", 7200: "120:00"} {
		if got := format(t, EN).Duration(sec); got != want {
			t.Errorf("%d: got %q, want %q", sec, got, want)
		}
	}
}
