package ui

import (
	"bytes"
	"html/template"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/phone"
)

const (
	number = "8 999 123-45-67"
	dots   = "+7 ••• •••-45-67"
)

type inner struct{ Said string }

// model is a view model whose author has thought of no mask.
type model struct {
	inner
	Name    string
	URL     Plain
	Dial    template.URL
	Lines   []string
	Either  any
	Other   any
	Part    *inner
	Rows    []inner
	Errors  map[string]string
	Pair    [2]string
	Absent  *inner
	None    any
	private string
}

func sample() model {
	return model{
		inner: inner{number}, Name: "Anna " + number, URL: "/deals/79991234567", Dial: "tel:+79991234567", Lines: []string{number},
		Either: number, Other: Plain(number), Part: &inner{number}, Rows: []inner{{number}}, Errors: map[string]string{number: number},
		Pair: [2]string{number, "x"}, private: number,
	}
}

func TestMasked_hidesPhonesInEveryStringThatIsNotDeclaredPlain(t *testing.T) {
	masked := phone.Display{Region: "RU", Masked: true}
	given := sample()
	got := Masked(masked, given)
	want := sample()
	want.Said, want.Name, want.Lines, want.Either, want.Part = dots, "Anna "+dots, []string{dots}, dots, &inner{dots}
	want.Rows, want.Errors, want.Pair = []inner{{dots}}, map[string]string{number: dots}, [2]string{dots, "x"}
	same := cmp.AllowUnexported(model{})
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(sample(), given, same); diff != "" {
		t.Errorf("what the caller holds was changed: %s", diff)
	}
	if diff := cmp.Diff(sample(), Masked(phone.Display{Region: "RU"}, given), same); diff != "" {
		t.Errorf("masked for a reader who may see: %s", diff)
	}
}

func TestMasked_takesAnyModel(t *testing.T) {
	masked := phone.Display{Masked: true}
	for _, m := range []struct{ given, want any }{
		{nil, nil}, {number, dots}, {Plain(number), Plain(number)}, {&inner{number}, &inner{dots}}, {(*inner)(nil), (*inner)(nil)},
		{map[string]any{"a": number}, map[string]any{"a": dots}}, {7, 7}, {[]any{number, nil, 7}, []any{dots, nil, 7}},
	} {
		if diff := cmp.Diff(m.want, Masked(masked, m.given)); diff != "" {
			t.Errorf("%v: %s", m.given, diff)
		}
	}
}

// A template gets the same from a masked model as from the model itself: fields of embedded structs, methods, truth.
func TestMasked_modelWorksInATemplate(t *testing.T) {
	page := template.Must(template.New("").Parse(`{{.Said}}|{{.Name}}|<a href="{{.URL}}">{{with .Other}}{{.}}{{end}}</a>|{{if .Absent}}!{{end}}{{if .None}}!{{end}}{{eq .URL "/deals/79991234567"}}`))
	var b bytes.Buffer
	if err := page.Execute(&b, Masked(phone.Display{Masked: true}, sample())); err != nil {
		t.Fatal(err)
	}
	const want = `&#43;7 ••• •••-45-67|Anna &#43;7 ••• •••-45-67|<a href="/deals/79991234567">8 999 123-45-67</a>|true`
	if b.String() != want {
		t.Errorf("got %s", b.String())
	}
}

func TestShown_masksWordsAlone(t *testing.T) {
	masked := phone.Display{Masked: true}
	if a, b, c := Shown(masked, number), Shown(masked, Plain(number)), Shown(phone.Display{}, number); a != dots || b != number || c != number {
		t.Error(a, b, c)
	}
}
