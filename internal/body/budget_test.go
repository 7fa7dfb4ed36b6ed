package body

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

func TestTooManyValues_countsValuesAndNotTheirText(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"a long list":         {`{"a":[` + strings.Repeat("1,", MaxValues) + `1]}`, true},
		"lists in lists":      {strings.Repeat("[", MaxValues+1), true},
		"empty objects":       {`[` + strings.Repeat("{},", MaxValues) + `{}]`, true},
		"a list that is long": {`[` + strings.Repeat("1,", MaxValues-2) + `1]`, false},
		"a text of commas":    {`{"a":"` + strings.Repeat(`,[{\"`, MaxValues) + `"}`, false},
		"nothing":             {"", false},
	} {
		if got := tooManyValues(c.text); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if got := tooManyValues([]byte(c.text)); got != c.want {
			t.Errorf("%s, as bytes: %v", name, got)
		}
	}
}

// sender is a body that stands still before its end until it is told to go on.
type sender struct {
	io.Reader
	stands chan struct{}
	goOn   chan struct{}
}

func (s *sender) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err == io.EOF {
		s.stands <- struct{}{}
		<-s.goOn
	}
	return n, err
}

// house serves a handler that reads bodies behind Bound.
func limited() (post func(body io.Reader, from string) error) {
	var b Budget
	e := echo.New()
	return func(body io.Reader, from string) (got error) {
		r := httptest.NewRequest(http.MethodPost, "/", body)
		of := func(echo.Context) netip.Prefix {
			if from == "" {
				return netip.Prefix{}
			}
			return netip.MustParsePrefix(from)
		}
		err := b.Limit(of)(func(c echo.Context) error {
			_, got = io.ReadAll(c.Request().Body)
			return nil
		})(e.NewContext(r, httptest.NewRecorder()))
		return errors.Join(got, err)
	}
}

func TestLimit_largeBodiesOfOneAddressAndOfAll(t *testing.T) {
	post := limited()
	goOn, ended := make(chan struct{}), make(chan error)
	hold := func(bytes int, from string) {
		t.Helper()
		s := &sender{strings.NewReader(strings.Repeat("x", bytes)), make(chan struct{}), goOn}
		go func() { ended <- post(s, from) }()
		select {
		case <-s.stands:
		case err := <-ended:
			t.Fatalf("%s: %v", from, err)
		}
	}
	large, small := strings.Repeat("x", 1<<20), strings.Repeat("x", freeBytes)
	const a, b, c = "203.0.113.1/32", "203.0.113.2/32", "203.0.113.3/32"
	for range 4 {
		hold(1<<20, a)
	}
	if err := post(strings.NewReader(large), a); !errors.Is(err, ErrFull) {
		t.Errorf("a fifth large body of one address: %v", err)
	}
	if err := post(strings.NewReader(small), a); err != nil {
		t.Errorf("a small one: %v", err)
	}
	for range 4 {
		hold(1<<20, b)
	}
	for _, from := range []string{c, ""} {
		if err := post(strings.NewReader(large), from); !errors.Is(err, ErrFull) {
			t.Errorf("a large body of %q while eight are held: %v", from, err)
		}
		if err := post(strings.NewReader(small), from); err != nil {
			t.Errorf("a small one of %q: %v", from, err)
		}
	}
	close(goOn)
	for range 8 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	for range 20 { // nothing is left counted
		if err := post(strings.NewReader(large), a); err != nil {
			t.Fatalf("afterwards: %v", err)
		}
	}
}
