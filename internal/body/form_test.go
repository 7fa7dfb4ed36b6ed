package body

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"github.com/sidecard/sidecard/connector/wire"
)

const formType = "application/x-www-form-urlencoded"

func TestRead_whatTheContentTypeMaySay(t *testing.T) {
	for name, c := range map[string]struct{ contentType, body string }{
		"JSON":                         {"application/json", `{"a":"1"}`},
		"JSON as text":                 {"text/plain;charset=UTF-8", `{"a":"1"}`},
		"text/json":                    {"text/json", `{"a":"1"}`},
		"x-json":                       {"application/x-json", ` {"a":"1"}`},
		"a vendor's":                   {"application/vnd.example.v2+json", `{"a":"1"}`},
		"script":                       {"text/javascript", `{"a":"1"}`},
		"bytes":                        {"application/octet-stream", "// note\n{\"a\":\"1\"}"},
		"another's":                    {"application/xml", `{"a":"1"}`},
		"nothing":                      {"", `{"a":"1"}`},
		"nonsense":                     {"/;", `{"a":"1"}`},
		"doubled":                      {"application/json, application/json", `{"a":"1"}`},
		"doubled parameter":            {"application/json; charset=utf-8; charset=utf-8", `{"a":"1"}`},
		"doubled differently":          {"text/plain, application/json;charset=windows-1251", `{"a":"1"}`},
		"single quotes":                {"application/json; charset='utf-8'", `{"a":"1"}`},
		"capitals":                     {"Application/JSON; Charset=UTF-8", `{"a":"1"}`},
		"JSON that is called a form":   {formType, `{"a":"1"}`},
		"JSON as the only name":        {formType, url.QueryEscape(`{"a":"1"}`) + "="},
		"JSON as the only name, bare":  {"", url.QueryEscape(`{"a":"1"}`)},
		"JSON in JSON as a name":       {formType, url.QueryEscape(`"{\"a\":\"1\"}"`)},
		"JSON as the only field":       {formType, "payload=" + url.QueryEscape(`{"a":"1",}`)},
		"JSON in a list":               {"text/plain", `[{"a":"1"}]`},
		"a form":                       {formType, "a=1"},
		"a form that is called JSON":   {"application/json", "a=1"},
		"a form that is called text":   {"text/plain", "a=1\r\n"},
		"a form that is called naught": {"", "&a=1&"[1:]},
	} {
		got, err := Read(c.contentType, []byte(c.body))
		if d := cmp.Diff(map[string]any{"a": "1"}, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, d)
		}
	}
	for _, c := range []struct{ contentType, body string }{{"text/plain", "Hello"}, {"application/xml", "<a/>"}, {"text/html", "a=1"}, {"", ""}, {"text/plain", "a b=1"}} {
		var kind *ContentTypeError
		if got, err := Read(c.contentType, []byte(c.body)); !errors.As(err, &kind) {
			t.Errorf("%q: %v, %v", c, got, err)
		}
	}
}

func TestRead_formsAsPHPWritesThem(t *testing.T) {
	for body, want := range map[string]map[string]any{
		"a[b][c]=1&a[b][d]=2":                  {"a": map[string]any{"b": map[string]any{"c": "1", "d": "2"}}},
		"a[]=1&a[]=2":                          {"a": []any{"1", "2"}},
		"a[2]=x&a[0]=y&a[10]=z":                {"a": []any{"y", "x", "z"}},
		"a[1]=x&a[]=y":                         {"a": []any{"x", "y"}},
		"ids[7]=x&a[ids][8]=y":                 {"ids": []any{"x"}, "a": map[string]any{"ids": []any{"y"}}},
		"ids[7][0]=x&ids[7][1]=y":              {"ids": []any{[]any{"x", "y"}}},
		"0=a&1=b":                              {"0": "a", "1": "b"},
		"a=1&amp;b=2":                          {"a": "1", "b": "2"},
		"a=100%&b=%zz&c=%41":                   {"a": "100%", "b": "%zz", "c": "A"},
		"a=&a[b]=1":                            {"a": map[string]any{"b": "1"}},
		"a[b]=1&a=":                            {"a": map[string]any{"b": "1"}},
		"a=1;2&b=x%00y":                        {"a": "1;2", "b": "xy"},
		"a%5Bb%5D=1":                           {"a": map[string]any{"b": "1"}},
		"a=%F0%9F%98%80&b=%uD83D%uDE00%uD83DA": {"a": "😀", "b": "😀A"},
	} {
		got, err := Read(formType, []byte(body))
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", body, err, d)
		}
	}
}

// part writes a part with headers of its own.
func part(t *testing.T, w *multipart.Writer, body []byte, disposition string, header ...string) {
	t.Helper()
	h := textproto.MIMEHeader{}
	if disposition != "" {
		h.Set("Content-Disposition", disposition)
	}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	p, err := w.CreatePart(h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(body); err != nil {
		t.Fatal(err)
	}
}

func TestRead_partsOfMultipart(t *testing.T) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	cp1251 := encode(t, charmap.Windows1251, "Привет")
	part(t, w, []byte("x"), `form-data; name="plain"`)
	part(t, w, []byte(`{"x":[1,]}`), `form-data; name="json"`, "Content-Type", "application/json; charset=utf-8")
	part(t, w, []byte("\xef\xbb\xbf{\"y\":\"z\"}"), `form-data; name="file"; filename="body.JSON"`, "Content-Type", "application/octet-stream")
	part(t, w, []byte("\x89PNG\r\n\xff\x00"), `form-data; name="photo"; filename="a.png"`, "Content-Type", "image/png")
	part(t, w, cp1251, `form-data; name="named"`, "Content-Type", "text/plain; charset=windows-1251")
	part(t, w, []byte("eA=="), `form-data; name="coded"`, "Content-Transfer-Encoding", "base64")
	part(t, w, []byte("=41"), `form-data; name="quoted"`, "Content-Transfer-Encoding", "quoted-printable")
	part(t, w, []byte("{\"v\":\"w\"}"), `form-data; name="text"`)
	part(t, w, []byte("nobody's"), "")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"plain": "x", "json": tree(t, `{"x":[1]}`), "file": tree(t, `{"y":"z"}`), "named": "Привет", "coded": "x",
		"quoted": "A", "text": `{"v":"w"}`}
	for _, contentType := range []string{w.FormDataContentType(), "multipart/form-data", w.FormDataContentType() + ", " + w.FormDataContentType()} {
		got, err := Read(contentType, b.Bytes())
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", contentType, err, d)
		}
	}
}

func TestRead_multipartOfOneJSONPart(t *testing.T) {
	for name, c := range map[string]struct{ disposition, contentType string }{
		"a field":         {`form-data; name="payload"`, ""},
		"a JSON field":    {`form-data; name="payload"`, "application/json"},
		"a file":          {`form-data; name="f"; filename="x"`, "text/json"},
		"without a name":  {"", "application/json"},
		"a file by name":  {`form-data; name="f"; filename="x.json"`, ""},
		"in another type": {`attachment; filename="x.json"`, "application/octet-stream"},
	} {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		part(t, w, []byte(`{"a":1}`), c.disposition, "Content-Type", c.contentType)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := Read("multipart/mixed; boundary="+w.Boundary(), b.Bytes())
		if d := cmp.Diff(tree(t, `{"a":1}`), got); d != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, d)
		}
	}
}

func TestRead_boundsForms(t *testing.T) {
	var many bytes.Buffer
	w := multipart.NewWriter(&many)
	for i := range maxJSONParts + 2 {
		part(t, w, []byte("{}"), fmt.Sprintf(`form-data; name="p%d"`, i), "Content-Type", "application/json")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ contentType, body, want string }{
		"fields":           {formType, strings.Repeat("a=1&", wire.MaxFields+1), "more than 2000 fields"},
		"depth":            {formType, "a" + strings.Repeat("[b]", wire.MaxDepth) + "=1", "can't be read"},
		"an open bracket":  {formType, "a[b=1", "can't be read"},
		"value and group":  {formType, "a=1&a[b]=2", "both a value and a group"},
		"group and value":  {formType, "a[b]=2&a=1", "both a value and a group"},
		"nothing":          {formType, "&&", "empty"},
		"JSON parts":       {w.FormDataContentType(), many.String(), "too many parts"},
		"no boundary":      {"multipart/form-data", "x", "without a boundary"},
		"a part cut off":   {"multipart/form-data; boundary=x", "--x\r\nContent-Disp", "broken"},
		"broken JSON part": {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: application/json\r\n\r\n{?}\r\n--x--\r\n", "line 1, column 2"},
	} {
		_, err := Read(c.contentType, []byte(c.body))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, contentType := range []string{"", "application/json", "text/plain; charset=windows-1251", formType, "multipart/form-data; boundary=x"} {
		for _, body := range []string{
			`{"a":[1,{"b":"c"}]}`, "{\"a\":1, // one\nand two\n\"b\":2}", `{“a”: “x”,}; `, `"{\"a\":\"x\\ny\"}"`, "{\"a\":\"say \"hi\" to\"}", "{\"a\":\"\xcf\xf0\xe8\xe2\xe5\xf2\"}",
			"\xff\xfe{\x00}\x00", "\x00\x00\x00{\x00\x00\x00}", "a[b][]=1&a[b][]=%CF%F0%E8%E2%E5%F2&c=%u041f", "payload=%7B%22a%22%3A1%7D", `{"a":"\ud800\u0000"}`,
			"--x\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: application/json\r\n\r\n{\"b\":1}\r\n--x--\r\n", "%7B%22a%22:1%7D=", "// \u2028\n[\n#\n{}]",
		} {
			f.Add(contentType, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		got, err := Read(contentType, body)
		var syntax *SyntaxError
		var kind *ContentTypeError
		if err != nil && !errors.As(err, &syntax) && !errors.As(err, &kind) {
			t.Fatalf("%v", err)
		}
		if err == nil {
			readable(t, got)
		}
	})
}

// readable fails for a text that a CRM would refuse.
func readable(t *testing.T, v any) {
	switch v := v.(type) {
	case string:
		if strings.ContainsFunc(v, unreadable) {
			t.Errorf("unreadable: %q", v)
		}
	case []any:
		for _, x := range v {
			readable(t, x)
		}
	case map[string]any:
		for _, x := range v {
			readable(t, x)
		}
	}
}
