package amocrm

import (
	"errors"
	"testing"
)

func TestLinkCompany(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "POST", "/contacts/11/link", 200, example(t, "link-response"))
	if err := c.LinkCompany(t.Context(), 11, 44); err != nil {
		t.Fatal(err)
	}
	s.body(t, `[{"to_entity_id":44,"to_entity_type":"companies"}]`)
}

func TestLink_refusesMissingIDs(t *testing.T) {
	c, mock := setup(t)
	for what, err := range map[string]error{
		"contact": c.LinkCompany(t.Context(), -1, 1), "company": c.LinkCompany(t.Context(), 1, 0),
	} {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("without %s: %v", what, err)
		}
	}
	if mock.GetTotalCallCount() != 0 {
		t.Error("a link to nothing went out")
	}
}

func TestLinkCompany_lostAnswerIsUnknown(t *testing.T) {
	c, mock := setup(t)
	on(mock, "POST", "/contacts/11/link", 504, "")
	err := c.LinkCompany(t.Context(), 11, 44)
	if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, ErrUnknownOutcome) || e.Op != "POST /contacts/{id}/link" {
		t.Errorf("%v", err)
	}
}
