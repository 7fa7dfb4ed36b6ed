package crm_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
)

func TestMeta_lookups(t *testing.T) {
	m := crmtest.Meta(t)
	if got := m.Assignable(); len(got) != 1 || got[0].ID != 501 {
		t.Errorf("assignable: %+v; want only the active, paying user", got)
	}
	open := m.Open()
	if len(open) != 2 || open[0].ID != 31 || open[0].Statuses[0].ID != 311 || len(m.Pipelines[0].Statuses) != 5 {
		t.Errorf("open pipelines: %+v; want no archive, no Unsorted, and the vocabulary untouched", open)
	}
	if got := m.Location().String(); got != "Europe/Moscow" {
		t.Errorf("location %q", got)
	}
	for _, zone := range []string{"", "Mars/Base"} {
		m.Account.Timezone = zone
		if m.Location() != time.UTC {
			t.Errorf("zone %q is not UTC", zone)
		}
	}
	m.UsersHidden, m.Users = true, nil
	if got := m.UserName(501); got != "" {
		t.Errorf("hidden user is called %q", got)
	}
}

func TestNewestIDs_cutsRepeatsAndTheOldest(t *testing.T) {
	if d := cmp.Diff([]int64{9, 7, 5}, crm.NewestIDs([]int64{5, 9, 5, 1, 7}, 3)); d != "" {
		t.Error(d)
	}
}
