package helpdesk

import (
	"strings"
	"testing"
)

func fullTicket() Ticket {
	return Ticket{ID: 7, Subject: "Chairs {{client.name}}", Channel: "email", Fields: map[int64]string{123: "web", 9: " "},
		Client: Client{Name: "Ann", Company: "Chairs & Co", Position: "Boss", Phones: []string{" ", "+1", "+2"},
			Emails: []string{"a@b.c"}, Messengers: []Messenger{{"telegram", "@ann"}}, Sites: []string{"example.com"}}}
}

func TestFill(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                              "plain",
		"{{ticket.id}}/{{ ticket.channel }}": "7/email",
		"[[ticket.id]] [[ client.name ]] [[see]] [[": "7 Ann [[see]] [[",
		"{{ticket.subject}}":                         "Chairs {{client.name}}", // what the ticket says is no template
		"{{client.phone}} {{client.email}}":          "+1 a@b.c",
		"{{client.company}}, {{client.position}}, {{client.messenger}}, {{client.site}}": "Chairs & Co, Boss, @ann, example.com",
		"[{{ticket.field.123}}{{ticket.field.9}}{{ticket.field.5}}]":                     "[web]",
		"{{ticket.field.0123}} {{client.nmae}} {{ not one }} {{":                         "{{ticket.field.0123}} {{client.nmae}} {{ not one }} {{",
	} {
		if got := Fill(text, fullTicket()); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if got := Fill("{{client.name}}{{ticket.id}}{{ticket.field.1}}", Ticket{}); got != "" {
		t.Errorf("an empty ticket says %q", got)
	}
}

func TestUnknownPlaceholder(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		"{{ticket.id}} {{ticket.field.1}}":   "",
		"{{ticket.id}} {{ client_name }}":    "client_name",
		"{{ticket.field.x}}":                 "ticket.field.x",
		"{{ticket.field.-1}}":                "ticket.field.-1",
		"{{имя}}":                            "имя",
		"{{ look at this }} {{}} {{1+1}} {{": "",
	} {
		if got := UnknownPlaceholder(text, func(string) bool { return true }); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzFill(f *testing.F) {
	f.Add("{{client.name}} {{ticket.field.123}} {{x}} {{", "{{ticket.id}}")
	f.Fuzz(func(t *testing.T, text, said string) {
		if len(text) > 4096 || len(said) > 4096 {
			t.Skip()
		}
		ticket := Ticket{Subject: said, Client: Client{Name: said}}
		got := Fill(text, ticket)
		if !HasPlaceholder(text) && got != text {
			t.Errorf("%q became %q", text, got)
		}
		if most := len(text) + (strings.Count(text, "{{")+strings.Count(text, "[["))*len(said); len(got) > most {
			t.Errorf("%d bytes of %d", len(got), most)
		}
	})
}

// A client named like a placeholder is shown by that name: what was put in is not read again.
func TestFill_isNeverDoneTwice(t *testing.T) {
	ticket := fullTicket()
	for _, name := range []string{"{{client.phone}}", "[[client.phone]]", "{{client.name}}", "{{ticket.field.123}}", "{{[[client.phone]]}}", "{{client.", "client.phone}}"} {
		ticket.Client.Name = name
		for text, want := range map[string]string{
			"{{client.name}}": name, "[[client.name]]": name, "{{client.name}}{{client.name}}": name + name, "{{{{client.name}}}}": "{{" + name + "}}",
			"{{client.{{client.name}}}}": "{{client." + name + "}}",
		} {
			if got := Fill(text, ticket); got != want {
				t.Errorf("%s of %q: %q, want %q", text, name, got, want)
			}
		}
	}
}

func TestWrongPlaceholder(t *testing.T) {
	for template, want := range map[string]string{
		"": "", "{{ticket.subject}} {{ client.name }} {{ticket.id}}": "", "{{ticket.Subject}}": "{{ticket.Subject}}",
		"a {{b": "{{", "a }} b": "}}", "{{}}": "{{}}", "{single}": "",
	} {
		if got := WrongPlaceholder(template, []string{"ticket.subject", "ticket.id", "client.name"}); got != want {
			t.Errorf("%q: got %q, want %q", template, got, want)
		}
	}
}
