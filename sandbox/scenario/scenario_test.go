package scenario

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// leadTypes is the table of amocrm.md §3.4, column lead.
var leadTypes = []string{
	"text", "numeric", "checkbox", "select", "multiselect", "date", "url", "date_time", "textarea", "radiobutton",
	"streetaddress", "smart_address", "birthday", "legal_entity", "monetary", "file", "tracking_data", "chained_list",
}

func TestBuild_hasEveryScenario(t *testing.T) {
	w := Build()
	got := map[string]int{}
	for _, ticket := range w.Tickets {
		got[ticket.Scenario]++
	}
	for _, want := range strings.Fields(`unknown_client known_one_deal same_client_again two_pipelines three_contacts_one_phone
		phone_8_vs_7 email_only messenger_only sixty_deals emoji_name rtl_name rtl_unknown long_name_80 html_name
		contact_without_deals email_case near_miss two_emails_two_contacts company_contact foreign_number foreign_number_uk
		blank_subject chat_ticket spanish_client portuguese_client shared_mailbox bad_phone`) {
		if got[want] != 1 {
			t.Errorf("scenario %s stands on %d tickets, want 1", want, got[want])
		}
	}
	if len(w.Accounts) != 2 || w.Accounts[0].ID != HogwartsID || w.Accounts[1].ID != BeauxbatonsID {
		t.Fatalf("accounts are not Hogwarts and Beauxbatons")
	}
	if w.Accounts[1].FilterOn || !w.Accounts[0].FilterOn {
		t.Errorf("filters are to be on in the first account only")
	}
}

func TestBuild_publishedRuleFits(t *testing.T) {
	a := Build().Accounts[0]
	stages := stagesOf(t, a, func(string, int64) {})
	if !stages[PipelineStatus{6516490, 55524250}] {
		t.Error("no stage 55524250 in pipeline 6516490")
	}
	if !slices.ContainsFunc(a.Users, func(u User) bool { return u.ID == 9311182 && !u.Inactive && !u.Free }) {
		t.Error("user 9311182 can not be responsible")
	}
	want := map[int64]struct {
		kind  string
		enums []int64
	}{1025541: {"text", nil}, 1372537: {"select", []int64{705377}}, 1372539: {"multiselect", []int64{705381, 705385}}}
	for id, w := range want {
		i := slices.IndexFunc(a.LeadFields, func(f Field) bool { return f.ID == id })
		if i < 0 || a.LeadFields[i].Type != w.kind {
			t.Errorf("field %d is not a %s", id, w.kind)
			continue
		}
		for _, enum := range w.enums {
			if !slices.ContainsFunc(a.LeadFields[i].Enums, func(e Enum) bool { return e.ID == enum }) {
				t.Errorf("field %d lacks choice %d", id, enum)
			}
		}
		for _, r := range a.LeadFields[i].Required {
			t.Errorf("field %d of the published rule is required at %v", id, r)
		}
	}
}

func TestBuild_leadHasEveryTypeAndFullLeadUsesAll(t *testing.T) {
	a := Build().Accounts[0]
	required := map[string]bool{}
	types := map[string]bool{}
	used := map[int64]bool{}
	for _, v := range fullLead().Fields {
		used[v.FieldID] = true
	}
	for _, f := range a.LeadFields {
		types[f.Type] = true
		if len(f.Required) > 0 {
			required[f.Type] = true
		}
		if !used[f.ID] {
			t.Errorf("the full lead has no %s (%s)", f.Name, f.Type)
		}
	}
	for _, want := range leadTypes {
		if !types[want] {
			t.Errorf("no lead field of type %s", want)
		}
	}
	if !required["select"] || !required["date"] {
		t.Errorf("required types are %v, want a select and a date", required)
	}
}

func TestBuild_storiesHoldWhatTheyPromise(t *testing.T) {
	w := Build()
	a := w.Accounts[0]
	if n := utf8.RuneCountInString(LongName); n != 80 {
		t.Errorf("the long name has %d characters", n)
	}
	deals := map[int64]int{}
	for _, l := range a.Leads {
		for _, c := range l.Contacts {
			deals[c]++
		}
	}
	for id, want := range map[int64]int{ContactOneDeal: 1, ContactTwoPipes: 5, ContactSixty: 60, ContactNoDeals: 0} {
		if deals[id] != want {
			t.Errorf("contact %d has %d deals, want %d", id, deals[id], want)
		}
	}
	digits := regexp.MustCompile(`\D`)
	samePhone := 0
	for _, c := range a.Contacts {
		for _, p := range c.Phones {
			switch d := digits.ReplaceAllString(p, ""); {
			case strings.HasSuffix(d, NearMissDigits):
				t.Errorf("%s has the near miss as a phone", c.Name)
			case strings.HasSuffix(d, "9991112233"):
				samePhone++
			}
		}
	}
	if samePhone != 3 {
		t.Errorf("%d contacts share the phone, want 3", samePhone)
	}
}

func TestBuild_callsShareNothing(t *testing.T) {
	one, two := Build(), Build()
	one.Accounts[0].Contacts[0].Phones[0] = "changed"
	one.Clients[0].Name = "changed"
	if two.Accounts[0].Contacts[0].Phones[0] == "changed" || two.Clients[0].Name == "changed" {
		t.Error("a change of one world reached the other")
	}
}

// Only numbers that can be nobody's: the fictional ranges of the plans, +7 999 and the like.
func TestBuild_numbersAndAddressesAreFictional(t *testing.T) {
	w := Build()
	number := regexp.MustCompile(`^(7?8?999\d{7}|1\d{3}55501\d\d|440?207946\d{4}|12|)$`)
	digits := regexp.MustCompile(`\D`)
	check := func(owner, phone string) {
		if d := digits.ReplaceAllString(phone, ""); !number.MatchString(d) {
			t.Errorf("%s: phone %s may be somebody's", owner, phone)
		}
	}
	mail := func(owner, address string) {
		if low := strings.ToLower(address); strings.Contains(low, "@") && !strings.HasSuffix(low, "example.com") {
			t.Errorf("%s: address %s may be somebody's", owner, address)
		}
	}
	for _, a := range w.Accounts {
		for _, u := range a.Users {
			mail(u.Name, u.Email)
		}
		for _, c := range a.Contacts {
			for _, p := range c.Phones {
				check(c.Name, p)
			}
			for _, e := range c.Emails {
				mail(c.Name, e)
			}
		}
	}
	for _, c := range w.Clients {
		for _, p := range c.Phones {
			check(c.Name, p.Number)
		}
		for _, e := range c.Emails {
			mail(c.Name, e)
		}
	}
}
