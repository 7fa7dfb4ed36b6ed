package feed

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
)

func TestComment(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "", "", 21)
	if _, err := f.Feed(t.Context(), 21); err != nil {
		t.Fatal(err)
	}
	first, err := f.Comment(t.Context(), 21, " ok \n", false)
	if err != nil {
		t.Fatal(err)
	}
	feed, err := f.Feed(t.Context(), 21)
	if err != nil || len(feed.Items) != 1 || feed.Items[0].Text != "ok" {
		t.Errorf("own comment is not shown at once: %+v, %v", feed, err)
	}
	f.CRM.Lose("POST /leads/notes", 1, true)
	second, err := f.Comment(t.Context(), 21, "ok", false)
	if err != nil || second == first || len(f.CRM.Notes[21]) != 2 {
		t.Errorf("first %d, second %d, %d notes, %v", first, second, len(f.CRM.Notes[21]), err)
	}
	_, err = f.Comment(t.Context(), 21, " \n ", false)
	if d := cmp.Diff([]string{"text error.required"}, crmtest.Problems(t, err)); d != "" {
		t.Error(d)
	}
	_, err = f.Comment(t.Context(), 21, strings.Repeat("я", MaxRunes+1), false)
	if d := cmp.Diff([]string{"text error.too_long"}, crmtest.Problems(t, err)); d != "" {
		t.Error(d)
	}
}

func TestComment_onADealThatIsGone(t *testing.T) {
	f := setup(t)
	f.CRM.Set(func(c *fake.CRM) {
		c.Answer = fake.Failing("POST /leads/notes", 400, "application/problem+json", `{"validation-errors":[{"request_id":"0","errors":[
			{"code":"NotSupportedChoice","path":"entity_id","detail":"no"}]}],"title":"Bad Request","status":400}`)
	})
	if _, err := f.Comment(t.Context(), 404, "hello", false); !errors.Is(err, crm.ErrGone) {
		t.Errorf("%v", err)
	}
}

func TestFeed_halfIsBetterThanNone(t *testing.T) {
	f := setup(t)
	f.CRM.Set(func(c *fake.CRM) {
		c.Notes[21] = []map[string]any{fake.Object(t, `{"id":1,"note_type":"common","created_at":9,"params":{"text":"hi"}}`)}
		c.Answer = fake.Failing("GET /events", 500, "", "")
	})
	feed, err := f.Feed(t.Context(), 21)
	if err != nil || !feed.Partial || len(feed.Items) != 1 || feed.At.IsZero() {
		t.Errorf("%+v, %v", feed, err)
	}
	f.CRM.Set(func(c *fake.CRM) { c.Answer = nil })
	if feed, err = f.Feed(t.Context(), 21); err != nil || feed.Partial {
		t.Errorf("half an answer was kept: %+v, %v", feed, err)
	}
	f.CRM.Set(func(c *fake.CRM) { c.Answer = fake.Failing("GET", 500, "", "") })
	if _, err = f.Feed(t.Context(), 22); !errors.Is(err, amocrm.ErrUpstream) {
		t.Errorf("%v", err)
	}
}
