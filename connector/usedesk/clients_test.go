package usedesk

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClientByID_documentedAnswer(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "client", 200, js, example(t, "client.response"))
	got, err := c.ClientByID(t.Context(), 2)
	if diff := cmp.Diff(Client{ID: 2, Name: "Example Client", Emails: []string{"client@example.com"}}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	s.body(t, `{"api_token":"`+testToken+`","client_id":2}`)
}

func TestClientByID_everyListAndBothWrappings(t *testing.T) {
	const inner = `{"id":"55","name":"A","position":"CEO","note":null,"client_company":{"id":3,"name":"Acme"},
		"emails":[null,{"id":1,"email":"a@example.com"},"b@example.com",{"email":"a@example.com"},""],
		"phones":[{"id":1,"phone":"+7 999 000-00-00","type":"mobile"},{"phone":79990001122},{"phone":"0"},{"phone":null}],
		"messengers":[{"type":"telegram","identity":"@a"},{"type":"viber","identity":"","uid":"u1"},{"type":"skype"}],
		"social_networks":{"0":{"type":"vk","url":"https://vk.example/a","uid":7}},
		"sites":[{"url":"https://a.example.com"},{"url":""}]}`
	want := Client{
		ID: 55, Name: "A", Company: "Acme", Position: "CEO", Emails: []string{"a@example.com", "b@example.com"},
		Phones:     []string{"+7 999 000-00-00", "79990001122"},
		Messengers: []Messenger{{"telegram", "@a"}, {"viber", "u1"}},
		Sites:      []string{"https://a.example.com"},
	}
	for name, body := range map[string]string{
		"array of one": `[{"client":` + inner + `,"emails":[null],"phones":[]}]`,
		"one object":   `{"client":` + inner + `}`,
		"bare":         inner,
		"bare array":   `[` + inner + `]`,
	} {
		c, mock := setup(t)
		on(mock, "client", 200, js, body)
		got, err := c.ClientByID(t.Context(), 55)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestClientByID_emptyInEverySpelling(t *testing.T) {
	for _, none := range []string{`null`, `[]`, `{}`, `""`, `"0"`, `0`, `false`, `[null]`} {
		c, mock := setup(t)
		on(mock, "client", 200, js, `[{"client":{"id":5,"name":`+none+`,"emails":`+none+`,"phones":`+none+`,"messengers":`+none+
			`,"social_networks":`+none+`,"sites":`+none+`,"client_company":null}}]`)
		got, err := c.ClientByID(t.Context(), 5)
		if err != nil || got.ID != 5 || got.Emails != nil || got.Phones != nil || got.Messengers != nil || got.Sites != nil {
			t.Errorf("%s: %+v, %v", none, got, err)
		}
	}
}

func TestClientByID_missing(t *testing.T) {
	for _, body := range []string{`[]`, `[null]`, `[{"client":null}]`, `[{"client":{}}]`, `{"error":"Client not found"}`} {
		c, mock := setup(t)
		on(mock, "client", 200, js, body)
		if _, err := c.ClientByID(t.Context(), 5); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", body, err)
		}
	}
}
