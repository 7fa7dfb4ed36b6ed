package accept

import (
	"strings"
	"testing"
	"time"
)

// Bodies as large and as deep as anybody may send them: a clear answer, quickly.
func TestCreate_bodiesTooLargeAndTooDeep(t *testing.T) {
	t.Parallel()
	w := &work{}
	e := ruleServer(t, w, false)
	for name, c := range map[string]struct {
		body string
		code int
	}{
		"over 1 MiB":      {`{"ticketId":1,"fields":{},"comment":"` + strings.Repeat("x", 1<<20) + `"}`, 413},
		"10,000 objects":  {strings.Repeat(`{"fields":`, 10_000) + "1" + strings.Repeat("}", 10_000), 400},
		"10,000 lists":    {`{"ticketId":1,"fields":{"custom_fields_values":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}}", 400},
		"500,000 lists":   {strings.Repeat("[", 500_000), 400},
		"unclosed string": {`{"ticketId":"` + strings.Repeat(`\"`, 100_000), 400},
		"many same keys":  {`{` + strings.Repeat(`"a":1,`, 100_000) + `"ticketId":1}`, 400},
		"long number":     {`{"ticketId":` + strings.Repeat("9", 100_000) + `,"fields":{}}`, 422},
		"huge exponent":   {`{"ticketId":1e999999999,"fields":{}}`, 422},
	} {
		start := time.Now()
		got := call(t, e, "POST", "/api/freeCreateLead?key="+goodKey, c.body)
		if got.Code != c.code && !(c.code == 400 && got.Code == 422) || got.Body.Len() > 64<<10 {
			t.Errorf("%s: %d, %d bytes: %.200s", name, got.Code, got.Body.Len(), got.Body)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
	if len(w.accepted) != 0 {
		t.Errorf("accepted %+v", w.accepted)
	}
}
