package phone

import (
	"regexp"
	"strconv"

	"github.com/nyaruka/phonenumbers"
)

// formers are forms in which a line was dialled before its country changed the plan, or in which a messenger still writes it.
// Each pattern takes digits with their country code. It is used only for what is no number of today's plan, and only
// when the result is one: two lines of today are never joined. Left out is what could be a line that lacks a digit:
// Italy without the zero, Ecuador's and Chile's mobiles of eight digits, and what the plan has in both forms: Argentina's 9.
var formers = []struct {
	from *regexp.Regexp
	to   string
}{
	// Mexico: 1 before mobiles until 2019, WhatsApp still; 01, 044 and 045 within the country (IFT, plan of 2019-08-03).
	{regexp.MustCompile(`^52(?:1|01|04[45])(\d{10})$`), "52$1"},
	// Brazil: the ninth digit of mobiles (Anatel, 2012–2016); 2–5 and 7 are no such mobiles. WhatsApp leaves it out in most areas.
	{regexp.MustCompile(`^55(\d\d)([689]\d{7})$`), "55${1}9$2"},
	// Colombia: fixed lines got 60 before the area in 2021 (CRC, resolution 5826).
	{regexp.MustCompile(`^57([124-8]\d{7})$`), "5760$1"},
	// Chile: the trunk zero of mobiles, gone since 2016 (Subtel).
	{regexp.MustCompile(`^560(9\d{8})$`), "56$1"},
	// Countries that dialled 8 before an area as Russia does, Ukraine and Belarus 80.
	{regexp.MustCompile(`^(99[23568]|994|37[34])8(\d{8,9})$`), "$1$2"},
	{regexp.MustCompile(`^(380|375)80?(\d{9})$`), "$1$2"},
	// Vietnam: mobiles of eleven digits until 2018 (MIC, plan of 2018-09-15).
	{regexp.MustCompile(`^8416([2-9]\d{7})$`), "843$1"},
	{regexp.MustCompile(`^84120(\d{7})$`), "8470$1"},
	{regexp.MustCompile(`^84121(\d{7})$`), "8479$1"},
	{regexp.MustCompile(`^84122(\d{7})$`), "8477$1"},
	{regexp.MustCompile(`^84123(\d{7})$`), "8483$1"},
	{regexp.MustCompile(`^84124(\d{7})$`), "8484$1"},
	{regexp.MustCompile(`^84125(\d{7})$`), "8485$1"},
	{regexp.MustCompile(`^84126(\d{7})$`), "8476$1"},
	{regexp.MustCompile(`^84127(\d{7})$`), "8481$1"},
	{regexp.MustCompile(`^84128(\d{7})$`), "8478$1"},
	{regexp.MustCompile(`^84129(\d{7})$`), "8482$1"},
	{regexp.MustCompile(`^8418([68]\d{7})$`), "845$1"},
	{regexp.MustCompile(`^84199(\d{7})$`), "8459$1"},
	// Benin: 01 before all since 2024 (ARCEP). Ivory Coast: mobiles by their operator since 2021 (ARTCI); WhatsApp keeps both.
	{regexp.MustCompile(`^229(\d{8})$`), "22901$1"},
	{regexp.MustCompile(`^225([014-9][0-3]\d{6})$`), "22501$1"},
	{regexp.MustCompile(`^225([014-9][4-6]\d{6})$`), "22505$1"},
	{regexp.MustCompile(`^225([014-9][7-9]\d{6})$`), "22507$1"},
}

// current returns today's form of a number that has a former one.
func current(d string) (string, bool) {
	if valid(d) {
		return "", false
	}
	for _, f := range formers {
		if f.from.MatchString(d) {
			if got := f.from.ReplaceAllString(d, f.to); valid(got) {
				return got, true
			}
		}
	}
	return "", false
}

// callingCode returns the country code of a region.
func callingCode(region string) string {
	return strconv.Itoa(phonenumbers.GetCountryCodeForRegion(region))
}
