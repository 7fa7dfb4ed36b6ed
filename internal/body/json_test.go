package body

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree reads a JSON text with the standard library, as the want of a test.
func tree(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

func TestRead_jsonAsPeopleWriteIt(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"raw line ends in a text":         {"{\"a\":\"one\r\ntwo\tthree\",\"b\":1}", `{"a":"one\r\ntwo\tthree","b":1}`},
		"other control characters":        {"{\"a\":\"x\x00\x01\x1by\u0085z\"}", `{"a":"xyz"}`},
		"a lone surrogate":                {`{"a":"x\ud83dy","b":"\ude00","c":"\ud83d\ude00"}`, `{"a":"xy","b":"","c":"😀"}`},
		"escaped zero and replacement":    {`{"a":"x\u0000y\ufffdz\uffff"}`, `{"a":"xyz"}`},
		"comments":                        {"// top\n{/* in */\"a\":1, // one\n# two\n\"b\":\"http://x/#y\"} // end", `{"a":1,"b":"http://x/#y"}`},
		"trailing commas":                 {`{"a":[1,2,],"b":{"c":1,},}`, `{"a":[1,2],"b":{"c":1}}`},
		"typographic quotes":              {`{“a”: “x”, „b“: «y», ＂c＂: "z"}`, `{"a":"x","b":"y","c":"z"}`},
		"typographic quotes in a text":    {`{“a”: “say “hi” or "ho" now”, "b": "«x» “y”"}`, `{"a":"say “hi” or \"ho\" now","b":"«x» “y”"}`},
		"no-break spaces between tokens":  {"\u200b{\u00a0\"a\"\u202f:\u20031,\ufeff\"b\":\"x\u00a0y\"\u2028}", `{"a":1,"b":"x\u00a0y"}`},
		"a semicolon after the end":       {"{\"a\":1};\n", `{"a":1}`},
		"zero bytes after the end":        {"{\"a\":1}\x00\x00", `{"a":1}`},
		"JSON in JSON":                    {`"{\"a\":\"x\\ny\"}"`, `{"a":"x\ny"}`},
		"JSON in JSON in JSON":            {`"\"{\\\"a\\\":1}\""`, `{"a":1}`},
		"a list of one object":            {`[{"a":1}]`, `{"a":1}`},
		"an apostrophe that was escaped":  {`{"a":"it\'s"}`, `{"a":"it's"}`},
		"a variable with quotes":          {`{"a":"He said "hi" to "them"","b":"Shop "Ромашка"", "c":""x" y"}`, `{"a":"He said \"hi\" to \"them\"","b":"Shop \"Ромашка\"","c":"\"x\" y"}`},
		"a variable with lines":           {"{\"a\":\"Hello,\n\n\"quoted\" text\n\",\"b\":1}", `{"a":"Hello,\n\n\"quoted\" text\n","b":1}`},
		"numbers as they are written":     {`{"a":1.50,"b":12345678901234567890,}`, `{"a":1.50,"b":12345678901234567890}`},
		"broken comment before a key":     {"{\"a\":1, // one\nand two\n\"b\":2}", `{"a":1,"b":2}`},
		"broken comment, key in its line": {"{\"a\":1, // one\nand two \"b\":2}", `{"a":1,"b":2}`},
		"broken twice, with punctuation":  {"{\"a\":1, // one,\nand (two),\n\n— three: 3\n\"b\":2}", `{"a":1,"b":2}`},
		"broken comment before a comma":   {"{\"a\":1 // one\nand two,\n\"b\":2}", `{"a":1,"b":2}`},
		"broken comment at the end":       {"{\"a\":{\"b\":1 // one\nand two } }", `{"a":{"b":1}}`},
		"broken comment before the end":   {"{\"a\":[1, 2 // one\n2 and two\n]}", `{"a":[1,2]}`},
		"broken comment before a value":   {"{\"a\": // a list\nof things [\n1]}", `{"a":[1]}`},
		"broken comment in a list":        {"{\"a\":[ // things\n10 of them\n1, 2]}", `{"a":[1,2]}`},
		"broken comment with a colon":     {"{\"a\":1, // the kinds\nare: one, two\n\"b\":2}", `{"a":1,"b":2}`},
		"broken comment with quotes":      {"{\"a\":1, // of the type\n\"list\" here\n\"b\":2}", `{"a":1,"b":2}`},
		"broken comment of quotes":        {"{\"a\":1, // of the type\n\"list\"\n\"b\":2}", `{"a":1,"b":2}`},
		"broken comment after the end":    {"{\"a\":1} // one\nand two", `{"a":1}`},
	} {
		got, err := Read("application/json", []byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(tree(t, c.want), got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// What can be read in two ways is refused, at the place where the text stands as it came.
func TestRead_refusesJSONThatIsNotCertain(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"missing comma":                       {"{\"a\":\"x\"\n \"b\":\"y\"}", "line 2, column 2: invalid character '\"'"},
		"missing comma in a list":             {`{"a":["x" "y"]}`, "line 1, column 11: invalid character"},
		"missing comma without a space":       {`{"a":["x""y"]}`, "line 1, column 10: invalid character"},
		"missing comma after a comment":       {"{\"a\":1 // x\n\"b\":2}", "line 2, column 1: invalid character"},
		"missing comma after another comment": {"{\"a\":[1 // x\n2]}", "line 2, column 1: invalid character '2'"},
		"missing quote":                       {`{"a":"x, "b":"y"}`, "line 1, column 11: invalid character 'b'"},
		"missing quote in a list":             {`{"a":["x, "y"]}`, "line 1, column 12: invalid character 'y'"},
		"one quote in a text":                 {`{"a":"5" pipe","b":1}`, "line 1, column 10: invalid character 'p'"},
		"a key without quotes":                {"{\"a\":1, // note\nprice: 5}", "line 2, column 1: invalid literal: price"},
		"a key without a colon":               {"{\"a\":1, // note\n\"price\" 5}", "line 2, column 9: invalid character '5'"},
		"a key with a colon in the next line": {"{\"a\":1, // note\n\"price\"\n: ?}", "line 3, column 3: invalid character '?'"},
		"a key without quotes and a text":     {"{\"a\":1, // note\nname: \"x\"}", "line 2, column 1: invalid literal: name"},
		"a key in single quotes":              {"{\"a\":1, // note\n'price': 5}", "line 2, column 1: invalid character '\\''"},
		"after control characters":            {"{\"a\":\"x\ny\t\",\n\"б\": ?}", "line 3, column 6: invalid character '?'"},
		"after typographic quotes":            {"{“a”: “x”,\n“б”\u00a0: ?}", "line 2, column 7: invalid character '?'"},
		"after a broken comment":              {"{\"a\":1, // x\nmore, and\n\"b\": ?}", "line 3, column 6: invalid character '?'"},
		"comment without an end":              {"{\"a\":1 /* x", "ends too early"},
		"text without an end":                 {"{\"a\":1,\n\"b\":\"x}", "line 2, column 7: the JSON ends too early"},
		"a comma too many":                    {`{"a":1,,"b":2}`, "line 1, column 8: invalid character ','"},
		"more after the end":                  {"{\"a\":1}\n{\"a\":2}", "line 2, column 1: there is more after the end"},
		"two objects in a list":               {`[{"a":1},{"a":2}]`, "must be a JSON object"},
		"a text":                              {`"a"`, "must be a JSON object"},
		"a long word":                         {`{"a":` + strings.Repeat("x", 500) + "}", "line 1, column 6: invalid literal"},
	} {
		_, err := Read("application/json", []byte(c.body))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 200 {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestRead_boundsRelaxedJSON(t *testing.T) {
	many := strings.Repeat("1,", MaxValues) + "1"
	for name, body := range map[string]string{
		"behind a quote in a comment": "{ //\"\n\"a\":[" + many + "]}",
		"behind an odd quote":         "{“a”:“\"”,\"b\":[" + many + "]}",
		"in JSON in JSON":             `"{\"a\":[` + many + `]}"`,
		"deep":                        "//\n" + strings.Repeat("[", MaxValues+1),
	} {
		if _, err := Read("application/json", []byte(body)); err == nil || !strings.Contains(err.Error(), "more than 10000 values") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read("application/json", []byte("//\n"+strings.Repeat(`{"a":`, 9_999)+"1"+strings.Repeat("}", 9_999))); err != nil {
		t.Errorf("as deep as may be: %v", err)
	}
}

func TestEmbedded_takesObjectsAndListsOnly(t *testing.T) {
	for text, want := range map[string]any{
		` {"a":"x"} `: map[string]any{"a": "x"}, "[1,]": []any{json.Number("1")},
		"[VIP] client": nil, "{{name}}": nil, "text": nil, "5": nil, `"{}"`: nil, "": nil,
	} {
		got, ok := Embedded(text)
		if d := cmp.Diff(want, got); d != "" || ok != (want != nil) {
			t.Errorf("%q: %v %s", text, ok, d)
		}
	}
}

// What costs the square of its length would hold a processor for hours.
func TestRead_hostileTextsTakeNoTime(t *testing.T) {
	long := func(s string) string { return strings.Repeat(s, 1<<19/len(s)) }
	for name, body := range map[string]string{
		"lines":           "{" + long("\n") + "?",
		"quotes":          `{"a":"` + long(`" x `),
		"quotes in a row": `{"a":"` + long(`"`),
		"open marks":      `{“a”:“` + long(`“x`),
		"broken comments": "{" + long("//\nx\n"),
		"one long line":   "{//\nx " + long("]} ,"),
		"escapes":         "a=" + long("%u"),
	} {
		start := time.Now()
		if _, err := Read("application/json", []byte(body)); err == nil && name != "escapes" {
			t.Errorf("%s is accepted", name)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
}
