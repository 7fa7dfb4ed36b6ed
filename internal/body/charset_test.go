package body

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

func encode(t *testing.T, enc encoding.Encoding, text string) []byte {
	t.Helper()
	b, err := enc.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	russian    = `{"name":"Заявка с сайта №5 — «срочно»","comment":"Ёлка, ещё, VIP-клиент"}`
	ukrainian  = `{"name":"Їжак і ґанок","comment":"Привіт"}`
	portuguese = `{"name":"Informação não é só sua","comment":"São Paulo"}`
)

func TestRead_textsOfEveryEncoding(t *testing.T) {
	utf16 := func(e utf.Endianness, mark utf.BOMPolicy) encoding.Encoding { return utf.UTF16(e, mark) }
	for name, c := range map[string]struct {
		contentType string
		enc         encoding.Encoding
		body        string
	}{
		"UTF-8 with a mark":                  {"application/json", utf.UTF8BOM, russian},
		"UTF-16 LE with a mark":              {"application/json", utf16(utf.LittleEndian, utf.UseBOM), russian},
		"UTF-16 BE with a mark":              {"application/json; charset=utf-8", utf16(utf.BigEndian, utf.UseBOM), russian},
		"UTF-16 LE without":                  {"application/json; charset=utf-16", utf16(utf.LittleEndian, utf.IgnoreBOM), russian},
		"UTF-16 BE without":                  {"", utf16(utf.BigEndian, utf.IgnoreBOM), russian},
		"UTF-32 LE with a mark":              {"application/json", utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), russian},
		"UTF-32 BE with a mark":              {"application/json", utf32.UTF32(utf32.BigEndian, utf32.UseBOM), russian},
		"UTF-32 LE without":                  {"application/json", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), russian},
		"UTF-32 BE without":                  {"application/json", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), russian},
		"windows-1251 declared":              {"application/json; charset=windows-1251", charmap.Windows1251, russian},
		"windows-1251 by another name":       {`application/json; charset="CP1251"`, charmap.Windows1251, ukrainian},
		"windows-1251 that is called UTF-8":  {"application/json; charset=utf-8", charmap.Windows1251, russian},
		"windows-1251 undeclared":            {"application/json", charmap.Windows1251, ukrainian},
		"windows-1251 with an unknown name":  {"application/json; charset=russian", charmap.Windows1251, russian},
		"UTF-8 that is called windows-1251":  {"application/json; charset=windows-1251", encoding.Nop, russian},
		"KOI8-R declared":                    {"application/json; charset=koi8-r", charmap.KOI8R, `{"name":"Привет"}`},
		"latin 1 declared":                   {"application/json; charset=iso-8859-1", charmap.ISO8859_1, portuguese},
		"latin 1 undeclared":                 {"application/json", charmap.ISO8859_1, portuguese},
		"windows-1251 called latin 1":        {"application/json; charset=iso-8859-1", charmap.Windows1251, russian},
		"Shift JIS declared":                 {"application/json; charset=Shift_JIS", japanese.ShiftJIS, `{"name":"こんにちは"}`},
		"ISO-2022-JP, all of it seven bits":  {"application/json; charset=iso-2022-jp", japanese.ISO2022JP, `{"name":"こんにちは"}`},
		"GBK that could be UTF-8":            {"application/json; charset=gbk", simplifiedchinese.GBK, `{"name":"一丁"}`},
		"EUC-KR declared":                    {"application/json; charset=euc-kr", korean.EUCKR, `{"name":"안녕"}`},
		"ASCII that is called UTF-16":        {"application/json; charset=utf-16", encoding.Nop, `{"name":"x"}`},
		"a form in windows-1251, not coded":  {"application/x-www-form-urlencoded", charmap.Windows1251, "name=Заявка с сайта&comment=Да"},
		"a form in GBK, not percent-encoded": {"application/x-www-form-urlencoded; charset=gbk", simplifiedchinese.GBK, "name=一丁&comment=二"},
	} {
		got, err := Read(c.contentType, encode(t, c.enc, c.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := map[string]any{}
		if strings.HasPrefix(c.body, "{") {
			want = tree(t, c.body)
		} else {
			for field := range strings.SplitSeq(c.body, "&") {
				k, v, _ := strings.Cut(field, "=")
				want[k] = v
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestRead_textThatWasCutInACharacter(t *testing.T) {
	got, err := Read("application/json", []byte("{\"name\":\"Анна Петро\xd0\",\"b\":1}"))
	if err != nil || got["name"] != "Анна Петро" {
		t.Errorf("%q, %v", got, err)
	}
}

// Nothing is guessed that may be wrong: a text that is garbled looks like a text.
func TestRead_refusesAnUnknownEncoding(t *testing.T) {
	for name, c := range map[string]struct {
		contentType string
		body        []byte
	}{
		"one letter":                     {"application/json", []byte("{\"name\":\"\xff\"}")},
		"KOI8-R undeclared":              {"application/json", encode(t, charmap.KOI8R, `{"name":"Привет, Мир"}`)},
		"cp866 undeclared":               {"application/json", encode(t, charmap.CodePage866, `{"name":"Привет, Мир"}`)},
		"one accent between words":       {"application/json", encode(t, charmap.ISO8859_1, `{"name":"Isso é bom"}`)},
		"no windows-1251":                {"application/json", []byte("{\"name\":\"\xcf\xf0\xe8\x98\xe2\xe5\xf2\"}")},
		"not the charset it is said":     {"application/json; charset=gbk", []byte("{\"name\":\"\xff\xff\"}")},
		"half a character of UTF-16":     {"application/json", append(encode(t, utf.UTF16(utf.LittleEndian, utf.UseBOM), `{"a":1}`), 'x')},
		"a surrogate alone in UTF-16":    {"application/json", []byte("\xfe\xff\x00{\xd8\x00\x00}")},
		"an encoding that browsers shun": {"application/json; charset=iso-2022-kr", []byte("{\"a\":\"\x1b$)C\xe5\"}")},
	} {
		got, err := Read(c.contentType, c.body)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), "the body is not") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestRead_percentEncodedFormsOfOtherEncodings(t *testing.T) {
	coded := func(enc encoding.Encoding, text string) string { return url.QueryEscape(string(encode(t, enc, text))) }
	want := map[string]any{"имя": "Заявка с сайта", "ответ": "я"}
	for name, c := range map[string]struct{ contentType, body string }{
		"declared":           {"application/x-www-form-urlencoded; charset=windows-1251", coded(charmap.Windows1251, "имя") + "=" + coded(charmap.Windows1251, "Заявка с сайта") + "&" + coded(charmap.Windows1251, "ответ") + "=%FF"},
		"undeclared":         {"application/x-www-form-urlencoded", coded(charmap.Windows1251, "имя") + "=" + coded(charmap.Windows1251, "Заявка с сайта") + "&" + coded(charmap.Windows1251, "ответ") + "=%ff"},
		"KOI8-R declared":    {"application/x-www-form-urlencoded; charset=koi8-r", coded(charmap.KOI8R, "имя") + "=" + coded(charmap.KOI8R, "Заявка с сайта") + "&" + coded(charmap.KOI8R, "ответ") + "=" + coded(charmap.KOI8R, "я")},
		"JavaScript's codes": {"", "%u0438%u043C%u044F=%u0417%u0430%u044F%u0432%u043A%u0430+%u0441%20%u0441%u0430%u0439%u0442%u0430&" + url.QueryEscape("ответ") + "=%u044f"},
	} {
		got, err := Read(c.contentType, []byte(c.body))
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, d)
		}
	}
	got, err := Read("application/x-www-form-urlencoded", []byte("_charset_=koi8-r&a="+coded(charmap.KOI8R, "Привет")))
	if err != nil || got["a"] != "Привет" {
		t.Errorf("a form that names its charset in a field: %q, %v", got, err)
	}
}
