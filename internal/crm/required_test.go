package crm

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRequiredFields_onlyThoseAFormCanAskFor(t *testing.T) {
	var ids []int64
	for _, f := range requiredFields(testMeta(t).LeadFields, 31, 312) {
		ids = append(ids, int64(f.ID))
	}
	if d := cmp.Diff([]int64{901, 906}, ids); d != "" {
		t.Error(d)
	}
	if got := requiredFields(testMeta(t).LeadFields, 31, 311); len(got) != 0 {
		t.Errorf("first stage requires %+v", got)
	}
}
