package money_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sidecard/sidecard/internal/money"
)

func TestParse_readsEveryUsualWriting(t *testing.T) {
	t.Parallel()
	for want, writings := range map[string][]string{
		"0":             {"0", "0,00", "0.0", "$0"},
		"5":             {"5", "5.", "5.00", "５", "\ufeff5\u200b"},
		"0.50":          {"0.5", "0,50", ".5", ",50", "$.50", "0.500"},
		"500":           {"500", " 500 ", "500,-", "500,– Kč", "500.–", "500,--", "500.0", "500.0000"},
		"1500":          {"1500", "1 500", "1\u00a0500", "1\u202f500", "1\u2009500", "1'500", "1’500", "1 500,00", "1500.000", "1&nbsp;500", "１５００"},
		"1500.50":       {"1500.5", "1500,50", "1 500,50", "1,500.50", "1.500,50", "1'500.50", "1500.5000", "1500．50"},
		"1234567":       {"1 234 567", "1.234.567", "1,234,567", "1'234'567", "12,34,567", "1234567,00", "1.234.567,00"},
		"123456789":     {"12,34,56,789", "123,456,789"},
		"1234567.89":    {"12,34,567.89", "1.234.567,89", "1'234'567.89", "1 234 567.89"},
		"9999999999999": {"9 999 999 999 999"},
	} {
		for _, s := range writings {
			check(t, s, money.Hints{}, want)
		}
	}
}

func TestParse_readsACurrencyBeforeOrBehind(t *testing.T) {
	t.Parallel()
	for want, writings := range map[string][]string{
		"500": {"500 ₽", "₽500", "500руб", "500 руб.", "500 р.", "500р", "руб. 500", "руб.500", "RUB 500", "500 rub", "500 RUR", "500 рублей",
			"500 Рублей РФ", "500 руб 00 коп", "500 р. 00 к.", "500&#8381;", "$500", "500$", "$ 500", "US$500", "$500 USD", "USD 500",
			"500 долларов США", "€500", "500 €", "EUR500", "500 евро", "500 грн", "500 грн.", "500 гривень", "₴500", "500 сум", "500 сўм",
			"500 so'm", "500 so‘m", "500 soʻm", "500 SO`M", "UZS 500", "500 тенге", "500 тг.", "₸500", "R$ 500", "R$500,00", "500 reais",
			"S/ 500", "S/.500", "Rs. 500", "CHF 500.-", "500 zł", "500 kr.", "¥500", "￥500", "500 лв.", "500 бел. руб."},
		"50":        {"S/.50", "руб.50", "Rs.50"},
		"500.50":    {"500 руб. 50 коп.", "500р50к", "500 рублей 50 копеек", "500 грн 50 коп", "$500.50", "500,50 €"},
		"500.05":    {"500 руб. 5 коп."},
		"1234":      {"$1,234", "1.234 €", "€1.234", "R$ 1.234", "1,234 USD"},
		"12.34":     {"$12.34", "12,34 ₽"},
		"-500":      {"-500", "−500", "-$500", "$-500", "- 500", "-500 руб."},
		"10000":     {"10k", "10K", "10к", "10 тыс.", "10 тыс", "10 тыс. руб.", "10тыс. ₽", "10 тисяч грн", "10 mil reais", "10 ming so'm", "$10k"},
		"1500":      {"1,5 тыс.", "1.5k", "1,5k €"},
		"1500000":   {"1,5 млн", "1.5 million", "1,5 млн руб.", "1 500 тыс. руб."},
		"100000000": {"100 mln so'm"},
	} {
		for _, s := range writings {
			check(t, s, money.Hints{}, want)
		}
	}
}

func TestParse_refusesWhatIsNotCertainlyOneNumber(t *testing.T) {
	t.Parallel()
	for want, writings := range map[error][]string{
		money.ErrEmpty: {"", "  ", "\u00a0", "&nbsp;"},
		money.ErrNotNumber: {"2 x 500", "2x500", "2*500", "2 × 500", "about 500", "~500", "≈500", "от 500", "до 500", "500-600", "500–600", "500 - 600",
			"500/600", "500/мес", "500 руб/мес", "500+", "+500", "500 or 600", "500;600", "500, 600", "500. 600", "1e3", "0x1F", "10%", "№500", "#500",
			"500 шт", "500 kg", "five hundred", "пятьсот", "-", "$", "₽", "руб.", "--500", "500-", "(500)", "1 5000", "15 00", "10 20", "1 500 2 000",
			"12.05.2024", "10:30", "1,23,4", "1.2.3", "1,2,3", "1,2.3.4", "1.23.456", "1'23", "1 234'567", "1_000", "007", "00", "0501234567",
			"+7 916 123-45-67", "8 (916) 123-45-67", "10 m", "10 k", "50 к", "50к.", "50 коп.", "1500-00", "1500=", "500!", "500,", "500 руб. 500 коп.",
			"500,50 руб. 50 коп.", "500 50 коп.", "500 ₽ €", "$500 EUR", "Сумма: 500", "500 (пятьсот) руб.", "500\n600", "1\t500", "10²", "½",
			"<b>500</b>", "500 р.п.", "руб,50", "null", "NaN", "Inf", "{{amount}}", strings.Repeat("1", 201)},
		money.ErrAmbiguous: {"1.234", "1,234", "85,000", "85.000", "500,200", "1 234,567", "1.234,567", "1,234.567", "1.234 млн", "1,234k", "1.234 тыс. руб.",
			".500", "KWD 1.234", "1 234.000"},
		money.ErrTooFine:  {"1.2345", "0.125", "1234.567", "0.001", "1.234,5678"},
		money.ErrTooLarge: {"10000000000000", "10 000 000 000 000 000 000", "99999999 млн", "99999999999999999999999999999999"},
	} {
		for _, s := range writings {
			if got, err := money.Parse(s, money.Hints{}); !errors.Is(err, want) {
				t.Errorf("Parse(%q) = %v, %v; want error %q", s, got, err, want)
			}
		}
	}
}

func TestParse_readsThreeDigitsBehindAMarkAsTheWritersLanguageDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lang, s, want string }{
		{"en", "85,000", "85000"}, {"en", "$85,000", "85000"}, {"en", "85.000", ""}, {"en", "$85.000", ""},
		{"es", "85.000", "85000"}, {"es", "85.000 €", "85000"}, {"es", "85,000", ""}, {"pt-BR", "85.000", "85000"}, {"pt", "R$ 85.000", "85000"},
		{"ru", "85.000", ""}, {"ru", "85,000", ""}, {"ru", "85 000", "85000"}, {"uk", "85,000 грн", ""}, {"uz", "85.000 so'm", ""},
		{"", "85.000 so'm", "85000"}, {"xx", "85.000", ""}, {"en", "85,000k", ""},
	} {
		h := money.In(c.lang, "")
		if c.want != "" {
			check(t, c.s, h, c.want)
		} else if got, err := money.Parse(c.s, h); !errors.Is(err, money.ErrAmbiguous) {
			t.Errorf("Parse(%q) in %q = %v, %v; want it ambiguous", c.s, c.lang, got, err)
		}
	}
}

func TestParse_refusesAnotherCurrencyThanTheAccounts(t *testing.T) {
	t.Parallel()
	for account, writings := range map[string][]string{
		"RUB": {"$500", "500 USD", "500 €", "500 грн", "500 so'm", "₸500", "500 бел. руб."},
		"USD": {"500 руб.", "500 AUD", "R$500", "A$500", "CAD 500", "£5"},
		"UZS": {"500 KGS", "500 ₽"},
	} {
		for _, s := range writings {
			if got, err := money.Parse(s, money.Hints{Currency: account}); !errors.Is(err, money.ErrCurrency) {
				t.Errorf("Parse(%q) in %s = %v, %v; want it refused", s, account, got, err)
			}
		}
	}
	for account, writings := range map[string][]string{
		"RUB": {"500 ₽", "500 р.", "500 rub", "500"}, "rub": {"500 ₽"}, "BYN": {"500 руб.", "500 р."}, "MXN": {"$500", "500 pesos"}, "USD": {"$500"},
		"UZS": {"500 сум", "500 so'm"}, "KGS": {"500 сом"}, "BRL": {"R$500", "$500"},
	} {
		for _, s := range writings {
			check(t, s, money.Hints{Currency: account}, "500")
		}
	}
}

// What the package writes, and what other programs write for the same sum, is read as that sum.
func TestParse_readsBackWhatIsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount(rapid.Int64Range(-999_999_999_999_999, 999_999_999_999_999).Draw(t, "hundredths"))
		group := rapid.SampledFrom([]string{"", " ", "\u00a0", "\u202f", "'"}).Draw(t, "group")
		mark := rapid.SampledFrom([]string{".", ","}).Draw(t, "mark")
		unit := rapid.SampledFrom([]string{"", " ₽", " руб.", " RUB"}).Draw(t, "unit")
		digits, cents, _ := strings.Cut(strings.TrimPrefix(a.String(), "-"), ".")
		var s strings.Builder
		if a < 0 {
			s.WriteByte('-')
		}
		for i, d := range digits {
			if i > 0 && (len(digits)-i)%3 == 0 {
				s.WriteString(group)
			}
			s.WriteRune(d)
		}
		if cents != "" {
			s.WriteString(mark + cents)
		}
		s.WriteString(unit)
		if got, err := money.Parse(s.String(), money.Hints{}); err != nil || got != a {
			t.Fatalf("Parse(%q) = %v, %v; want %v", s.String(), got, err, a)
		}
		if got, err := money.FromJSON(a.JSON()); err != nil || got != a {
			t.Fatalf("FromJSON(%q) = %v, %v; want %v", a.JSON(), got, err, a)
		}
	})
}

// An amount never has other digits than its text: no character that is not understood is dropped.
func FuzzParse_neverInventsDigits(f *testing.F) {
	for _, s := range []string{"2 x 500", "1 500,50 руб.", "500 руб. 50 коп.", "12,34,567.89", "10k", "500,-", "$.50"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := money.Parse(s, money.Hints{})
		if err != nil || strings.Contains(s, "&") {
			return
		}
		for _, d := range strings.TrimLeft(strings.Trim(a.String(), "-"), "0.") {
			if d != '0' && d != '.' && !strings.ContainsRune(s, d) && !strings.ContainsRune(s, d-'0'+'０') {
				t.Errorf("Parse(%q) = %v: where does %q come from?", s, a, d)
			}
		}
	})
}

func check(t *testing.T, s string, h money.Hints, want string) {
	t.Helper()
	if got, err := money.Parse(s, h); err != nil || got.String() != want {
		t.Errorf("Parse(%q) with %+v = %v, %v; want %s", s, h, got, err, want)
	}
}
