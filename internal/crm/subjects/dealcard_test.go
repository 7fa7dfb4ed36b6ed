package subjects

import (
	"testing"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestSandbox_cardAndFeedOfAFullDeal(t *testing.T) {
	a := sandboxAccount(t)
	card, err := a.Deal(t.Context(), scenario.LeadOneDeal)
	if err != nil {
		t.Fatal(err)
	}
	if len(card.Fields) < 19 || card.Contacts[0].Name != "Ирина Соколова" || card.Currency != "RUB" {
		t.Errorf("%d fields, %+v, %s", len(card.Fields), card.Contacts, card.Currency)
	}
	for _, f := range card.Fields {
		if len(f.Text) == 0 || f.Text[0] == "" || f.Name == "" {
			t.Errorf("%+v", f)
		}
	}
	id, err := a.Comment(t.Context(), scenario.LeadOneDeal, "Перезвонили, ждут\nдоставку", false)
	if err != nil {
		t.Fatal(err)
	}
	feed, err := a.Feed(t.Context(), scenario.LeadOneDeal)
	if err != nil || feed.Partial || len(feed.Items) < 2 {
		t.Fatalf("%+v, %v", feed, err)
	}
	found := 0
	for _, it := range feed.Items {
		if it.ID == "note-"+crm.Decimal(id) {
			found++
		}
		if it.Key == "feed.other" || it.Key == "feed.note_added" || it.Text == "" && it.Key == "" || it.At.IsZero() {
			t.Errorf("says nothing: %+v", it)
		}
	}
	if found != 1 {
		t.Errorf("the comment is there %d times", found)
	}
}
