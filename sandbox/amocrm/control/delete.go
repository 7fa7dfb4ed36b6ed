package control

import (
	"fmt"
	"net/http"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// controlDelete puts a contact or a lead into the bin.
func (s *Control) controlDelete(w http.ResponseWriter, r *http.Request) error {
	var req struct {
		Account world.Selector `json:"account"`
		Entity  string         `json:"entity"`
		ID      int64          `json:"id"`
	}
	if err := readControl(r.Body, &req, "account, entity, id"); err != nil {
		return err
	}
	if req.Entity != "contacts" && req.Entity != "leads" {
		return kit.WrongField("entity", `"contacts" or "leads"`)
	}
	var err error
	s.State.Write(func(state *world.World) {
		var a *world.Account
		if a, err = req.Account.Find(state); err == nil && !s.Editor.BinByHand(state, a, req.Entity, req.ID) {
			err = fmt.Errorf("id: there is no %d among the %s of account %d", req.ID, req.Entity, a.ID)
		}
	})
	return s.savedAnswer(w, map[string]int64{"deleted": req.ID}, err)
}
