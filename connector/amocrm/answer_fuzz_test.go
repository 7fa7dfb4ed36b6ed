package amocrm

import (
	"encoding/json"
	"testing"
)

// What stands where amoCRM's answer is expected is read or refused, never a panic; what was read can be written again.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"id":1,"name":"A","custom_fields_values":[{"field_id":1,"field_type":"text","values":[{"value":"x"}]}],"_embedded":{"tags":[{"id":1,"name":"t"}],"leads":[{"id":2}]}}`,
		`{"id":"1","price":"12","_embedded":[]}`, `{"id":1,"_embedded":{"contacts":[{"id":1,"is_main":true}],"companies":[]}}`, `{"_embedded":{"contacts":null}}`,
		`{"title":"x","status":400,"detail":"d","validation-errors":[{"request_id":"0","errors":[{"code":"c","path":"p","detail":"d"}]}]}`,
		`{"id":1,"value_after":[{"lead_status":{"id":1,"pipeline_id":2}}],"created_at":1}`, `{"token_type":"Bearer","expires_in":86400,"access_token":"a","refresh_token":"b"}`,
		`null`, `[]`, `{}`, `"x"`, `1e400`, `{"id":{}}`, `{"id":-9223372036854775808}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, v := range []any{&Contact{}, &Lead{}, &Company{}, &Task{}, &Note{}, &Event{}, &Account{}, &Pipeline{}, &Field{}, &User{}} {
			if err := json.Unmarshal(body, v); err != nil {
				continue
			}
			if _, err := json.Marshal(v); err != nil {
				t.Errorf("%T of %q: %v", v, body, err)
			}
		}
		if _, err := ParseClaims("x." + string(body) + ".y"); err == nil && len(body) == 0 {
			t.Error("claims of nothing")
		}
	})
}
