package crm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
)

func TestRequiredFields_onlyThoseAFormCanAskFor(t *testing.T) {
	var ids []int64
	for _, f := range crm.RequiredFields(crmtest.Meta(t).LeadFields, 31, 312) {
		ids = append(ids, int64(f.ID))
	}
	if d := cmp.Diff([]int64{901, 906}, ids); d != "" {
		t.Error(d)
	}
	if got := crm.RequiredFields(crmtest.Meta(t).LeadFields, 31, 311); len(got) != 0 {
		t.Errorf("first stage requires %+v", got)
	}
}
