package money

import (
	"slices"
	"strings"
)

// key brings a word beside a number into the form of the tables: small letters, single spaces, no points.
func key(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(strings.ToLower(s), ".", " ")), " ")
}

func both(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(code string) bool { return !slices.Contains(b, code) })
}

// currencies are the words for currencies, in the form of key, with the ISO 4217 codes that each may stand for. A word that
// also means something else beside a number ("all", "p", "m") is not here.
var currencies = func() map[string][]string {
	out := map[string][]string{}
	for codes, words := range map[string]string{
		"USD": "us$|u$s|u$d|$us|доллар сша|доллара сша|долларов сша|долл сша|долар сша|долари сша|доларів сша|us dollar|us dollars",
		// One sign for the many currencies that are called dollar or peso.
		"USD CAD AUD NZD HKD SGD TWD MXN ARS CLP COP UYU DOP BRL": "$",
		"USD CAD AUD NZD HKD SGD TWD": "dollar|dollars|доллар|доллара|доллары|долларов|долл|долар|долара|долари|доларів|" +
			"dólar|dólares|dolar|dolares",
		"MXN ARS CLP COP UYU DOP CUP PHP": "peso|pesos|песо",
		"CAD":                             "c$|ca$|can$",
		"AUD":                             "a$|au$",
		"NZD":                             "nz$",
		"HKD":                             "hk$",
		"SGD":                             "s$",
		"TWD":                             "nt$",
		"MXN":                             "mx$|mex$",
		"ARS":                             "ar$",
		"CLP":                             "clp$",
		"COP":                             "col$",
		"DOP":                             "rd$",
		"BRL":                             "r$|real|reais",
		"EUR":                             "€|euro|euros|евро|євро|yevro",
		"GBP EGP":                         "£",
		"GBP":                             "pound|pounds|фунт|фунта|фунтов",
		"RUB":                             "₽|руб рф|рублей рф|рубля рф|рубль рф|российских рублей|российский рубль",
		"RUB BYN":                         "р|руб|рубль|рубля|рубли|рублей|rubl|ruble|rubles|rouble|roubles|rublo|rublos",
		"BYN":                             "br|бел руб|бел рублей|белорусских рублей|бр",
		"UAH":                             "₴|грн|гривна|гривны|гривен|гривень|гривня|гривні|гр|hrn|hryvnia|hryvnias",
		"KZT":                             "₸|тг|тнг|тенге|теңге|tenge",
		"UZS":                             "so'm|som|сўм|soum|sum",
		"UZS KGS":                         "сум|сума|сумов|сом|сома|сомов",
		"GEL":                             "₾|лари|lari",
		"AMD":                             "֏|драм|драма|драмов|dram",
		"AZN":                             "₼|манат|маната|манатов|manat",
		"KGS":                             "⃀",
		"TRY":                             "₺|tl|лир|лира|лиры",
		"ILS":                             "₪|шекель|шекелей|шекеля",
		"INR":                             "₹",
		"INR PKR LKR NPR":                 "rs|rupee|rupees",
		"CNY JPY":                         "¥",
		"CNY":                             "yuan|rmb|юань|юаня|юаней",
		"JPY":                             "円|yen|иен",
		"KRW":                             "₩",
		"THB":                             "฿|baht|бат",
		"VND":                             "₫|đ",
		"NGN":                             "₦",
		"PHP":                             "₱",
		"CRC":                             "₡",
		"PYG":                             "₲",
		"PEN":                             "s/|sol|soles",
		"PLN":                             "zł|zl|zloty|злотых",
		"CZK":                             "kč",
		"SEK NOK DKK ISK":                 "kr",
		"HUF":                             "ft",
		"CHF":                             "fr|sfr",
		"BGN":                             "лв|лева",
		"MDL RON":                         "lei|leu|лей|леев|лея",
		"IDR":                             "rp",
		"MYR":                             "rm",
		"AED":                             "dh|dhs|dirham|dirhams|дирхам|дирхама|дирхамов",
	} {
		for word := range strings.SplitSeq(words, "|") {
			out[word] = strings.Fields(codes)
		}
	}
	for code := range strings.FieldsSeq("USD EUR RUB UAH KZT UZS BYN GEL AMD AZN KGS TJS TMT MDL PLN CZK GBP CHF ILS AED BRL MXN ARS " +
		"CLP COP PEN UYU BOB PYG VES CRC GTQ HNL NIO DOP PAB INR PKR LKR NPR BDT CNY JPY KRW IDR THB VND MYR SGD PHP HKD TWD AUD CAD " +
		"NZD NGN ZAR KES GHS EGP TRY SAR QAR KWD BHD OMR JOD SEK NOK DKK ISK HUF RON BGN RSD MNT") {
		out[strings.ToLower(code)] = []string{code}
	}
	out["rur"] = []string{"RUB"}
	return out
}()

// thousandths are the currencies whose sums have three decimals.
var thousandths = []string{"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}

// coins are the words for a hundredth of a currency behind its number.
var coins = map[string]bool{
	"коп": true, "к": true, "копейка": true, "копейки": true, "копеек": true, "копійка": true, "копійки": true, "копійок": true,
	"kop": true, "kopeks": true, "kopecks": true, "tiyin": true, "тийин": true, "тиын": true, "тиін": true, "cent": true,
	"cents": true, "цент": true, "цента": true, "центов": true, "центів": true, "centavo": true, "centavos": true,
	"céntimo": true, "céntimos": true, "¢": true, "pence": true,
}

// powers are the words for thousands and millions: the exponent of ten of each. A single letter counts only where it is
// joined to the number ("10k"), because "50 к." is fifty kopecks; "m" is missing, it means a thousand or a million.
var powers = map[string]int{
	"k": 3, "к": 3, "тыс": 3, "тысяча": 3, "тысячи": 3, "тысяч": 3, "тис": 3, "тисяча": 3, "тисячі": 3, "тисяч": 3,
	"thousand": 3, "mil": 3, "ming": 3, "минг": 3,
	"млн": 6, "миллион": 6, "миллиона": 6, "миллионов": 6, "мільйон": 6, "мільйона": 6, "мільйони": 6, "мільйонів": 6,
	"mln": 6, "million": 6, "millón": 6, "millones": 6, "milhão": 6, "milhões": 6,
}
