package feed

import (
	"errors"
	"net/http"
	"testing"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
)

// hiding answers reads of a deal's notes with none while hide is set: amoCRM's lists lag behind its writes.
func hiding(f *fixture, hide *bool) {
	f.CRM.Set(func(c *fake.CRM) {
		inner := c.Answer
		c.Answer = func(w http.ResponseWriter, r *http.Request) bool {
			if *hide && r.Method == "GET" && r.URL.Path == "/api/v4/leads/21/notes" {
				w.WriteHeader(http.StatusNoContent)
				return true
			}
			return inner != nil && inner(w, r)
		}
	})
}

func TestComment_lostOneIsFoundLaterAndNeverSentTwice(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "", "", 21)
	hide := true
	f.CRM.Lose("POST /leads/notes", 1, true)
	hiding(f, &hide)
	if _, err := f.Comment(t.Context(), 21, "hello", false); !errors.Is(err, crm.ErrUnknownOutcome) {
		t.Fatalf("%v", err)
	}
	f.CRM.Reset()
	if id, err := f.FindComment(t.Context(), 21, "hello"); id != 0 || err != nil {
		t.Errorf("found before it shows: %d, %v", id, err)
	}
	if _, err := f.Comment(t.Context(), 21, "hello", false); !errors.Is(err, crm.ErrUnknownOutcome) || len(fake.Posts(f.CRM.Calls())) != 0 {
		t.Errorf("it was sent again unasked: %v, %v", err, fake.Posts(f.CRM.Calls()))
	}
	f.CRM.Set(func(*fake.CRM) { hide = false })
	id, err := f.FindComment(t.Context(), 21, " hello\n")
	if err != nil || id == 0 || len(f.CRM.Notes[21]) != 1 {
		t.Fatalf("%d, %v, %d notes", id, err, len(f.CRM.Notes[21]))
	}
	feed, err := f.Feed(t.Context(), 21)
	if err != nil || len(feed.Items) != 1 || !feed.Items[0].Mine {
		t.Errorf("a found comment is no comment of ours: %+v, %v", feed.Items, err)
	}
	// It is done with: the same words are a new comment.
	second, err := f.Comment(t.Context(), 21, "hello", false)
	if err != nil || second == id || len(f.CRM.Notes[21]) != 2 {
		t.Errorf("%d after %d, %v, %d notes", second, id, err, len(f.CRM.Notes[21]))
	}
}

func TestComment_lostOneStaysInDoubtWhileTheCRMCannotBeRead(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "", "", 21)
	hide := true
	f.CRM.Lose("POST /leads/notes", 1, true)
	hiding(f, &hide)
	if _, err := f.Comment(t.Context(), 21, "hello", false); !errors.Is(err, crm.ErrUnknownOutcome) {
		t.Fatalf("%v", err)
	}
	f.CRM.Set(func(c *fake.CRM) { c.Answer = fake.Failing("GET", 402, "application/problem+json", `{"status":402}`) })
	f.CRM.Reset()
	for _, sure := range []bool{false, true} {
		_, err := f.Comment(t.Context(), 21, "hello", sure)
		if !errors.Is(err, crm.ErrUnknownOutcome) || !errors.Is(err, amocrm.ErrPayment) || len(fake.Posts(f.CRM.Calls())) != 0 {
			t.Errorf("sure %v: %v, sent %v", sure, err, fake.Posts(f.CRM.Calls()))
		}
	}
}

func TestComment_lostOneIsSentAgainByWhoIsSure(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "", "", 21)
	f.CRM.Lose("POST /leads/notes", 1, false)
	if _, err := f.Comment(t.Context(), 21, "hello", false); !errors.Is(err, crm.ErrUnknownOutcome) {
		t.Fatalf("%v", err)
	}
	if _, err := f.Comment(t.Context(), 21, "hello", false); !errors.Is(err, crm.ErrUnknownOutcome) || len(f.CRM.Notes[21]) != 0 {
		t.Fatalf("%v, %d notes", err, len(f.CRM.Notes[21]))
	}
	if _, err := f.Comment(t.Context(), 21, "another", false); err != nil {
		t.Errorf("other words had to wait: %v", err)
	}
	if id, err := f.Comment(t.Context(), 21, "hello", true); err != nil || id == 0 || len(f.CRM.Notes[21]) != 2 {
		t.Errorf("%d, %v, %d notes", id, err, len(f.CRM.Notes[21]))
	}
}

func TestComment_whoIsSureDoesNotDoubleOneThatHasArrived(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "", "", 21)
	hide := true
	f.CRM.Lose("POST /leads/notes", 1, true)
	hiding(f, &hide)
	if _, err := f.Comment(t.Context(), 21, "hello", false); !errors.Is(err, crm.ErrUnknownOutcome) {
		t.Fatalf("%v", err)
	}
	f.CRM.Set(func(*fake.CRM) { hide = false })
	if id, err := f.Comment(t.Context(), 21, "hello", true); err != nil || id == 0 || len(f.CRM.Notes[21]) != 1 {
		t.Errorf("%d, %v, %d notes", id, err, len(f.CRM.Notes[21]))
	}
}
