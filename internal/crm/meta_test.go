package crm_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
)

func TestForget_readsTheVocabularyAgain(t *testing.T) {
	f := crmtest.New(t)
	f.Warm(t)
	if err := f.ForgetData(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.CRM.Reset()
	if _, err := f.Meta(t.Context()); err != nil || len(f.CRM.Calls()) != 0 {
		t.Errorf("contacts and deals changed, and the vocabulary was read: %v, %v", f.CRM.Calls(), err)
	}
	if err := f.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := crm.NewAccount(crm.Deps{DB: f.DB(), Cache: f.Cache()}, f.Tenant(), f.API()) // another request, as made by Accounts.Open
	if err := other.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Meta(t.Context()); err != nil || len(f.CRM.Calls()) != 5 {
		t.Errorf("asked %v, %v", f.CRM.Calls(), err)
	}
}

func TestForget_jobsOfOneBatchShareAnAccount(t *testing.T) { // for the race detector
	f := crmtest.New(t)
	f.Warm(t)
	var jobs sync.WaitGroup
	for range 8 {
		jobs.Go(func() {
			if err := f.ForgetData(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := f.Meta(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	jobs.Wait()
}

func TestMeta_survivesTheCacheAndHiddenUsers(t *testing.T) {
	f := crmtest.New(t)
	fresh, err := f.Meta(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.CRM.Reset()
	cached, err := f.Meta(t.Context())
	if err != nil || len(f.CRM.Calls()) != 0 {
		t.Fatalf("asked %v, %v", f.CRM.Calls(), err)
	}
	fresh.At, cached.At = time.Time{}, time.Time{}
	if d := cmp.Diff(fresh, cached); d != "" {
		t.Error(d)
	}
	if len(cached.Pipelines[0].Statuses) != 5 || cached.Account.Timezone != "Europe/Moscow" || !cached.Users[0].IsActive {
		t.Errorf("%+v", cached)
	}

	f = crmtest.New(t)
	f.CRM.Set(func(c *fake.CRM) {
		c.Answer = fake.Failing("GET /users", 403, "application/problem+json", `{"title":"Forbidden","status":403}`)
	})
	m, err := f.Meta(t.Context())
	if err != nil || !m.UsersHidden || m.UserName(501) != "" {
		t.Errorf("hidden %v, %v", m.UsersHidden, err)
	}
}
