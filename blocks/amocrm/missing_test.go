package amocrm

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/i18n"
)

func TestCreateDeal_saysWhatCouldNotBeAddedToIt(t *testing.T) {
	w := newFixture(t)
	w.crm.onCreate = func(context.Context) (int64, error) {
		return 12, &crm.AfterCreate{Step: "note", Err: errors.New("cut off")}
	}
	base := w.session(i18n.EN, sampleTicket())
	rec := w.post(base+"/deals", url.Values{
		"token": {session.NewID()}, "name": {"Chairs"}, "pipeline_id": {"1"}, "status_id": {"11"}, "contact_id": {"7"},
	}, true)
	for _, want := range []string{"The deal was created.", "/deals/12", "Its note could not be added"} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%q is not said:\n%s", want, rec.Body)
		}
	}
}
