package crm_test

import (
	"testing"

	"github.com/sidecard/sidecard/internal/crm/crmtest"
)

func TestDropDeadLink_sparesANewerLink(t *testing.T) {
	f := crmtest.New(t)
	if err := f.Memory().Link(t.Context(), 55, 12); err != nil {
		t.Fatal(err)
	}
	if err := f.Memory().DropDeadLink(t.Context(), 55, 11); err != nil {
		t.Fatal(err)
	}
	if m, err := f.Memory().Recall(t.Context(), 55); err != nil || m.Link != 12 || m.LinkGone {
		t.Errorf("%+v, %v", m, err)
	}
}
