package subjects

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
)

// What was sent and lost is found by its author: the user who logged in, a robot, or one who is not told. What somebody else
// made of the same content is not taken for it.
func TestLostAnswer_onlyWhatThisLoginMayHaveMadeIsTaken(t *testing.T) {
	for author, taken := range map[int64]bool{502: false, 501: true, 0: true, -1: true} {
		by := map[string]any{"created_by": author}
		if author < 0 {
			by = nil
		}
		for what, write := range map[string]func(context.Context, *fixture) (int64, error){
			"POST /contacts": func(ctx context.Context, f *fixture) (int64, error) {
				return f.CreateContact(ctx, crmtest.Anna.ID, people.Draft{Name: "Anna", Phones: crmtest.Anna.Phones})
			},
			"POST /leads": func(ctx context.Context, f *fixture) (int64, error) {
				return f.CreateDeal(ctx, crmtest.Anna.ID, deals.Draft{Name: "Chairs", ContactID: 11, PipelineID: 31, StatusID: 311})
			},
			"POST /leads/notes": func(ctx context.Context, f *fixture) (int64, error) { return f.Comment(ctx, 21, "hello", true) },
		} {
			t.Run(fmt.Sprint(what, " by ", author), func(t *testing.T) {
				f := setup(t)
				f.CRM.AddContact(11, "Someone", "", "", 21)
				f.CRM.Lose(what, 1, false)
				twin := map[string]any{"id": 900, "created_at": time.Now().Unix(), "updated_at": time.Now().Unix()}
				for k, v := range by {
					twin[k] = v
				}
				f.CRM.Set(func(c *fake.CRM) {
					switch what {
					case "POST /contacts":
						twin["name"], twin["_embedded"] = "Anna", map[string]any{}
						twin["custom_fields_values"] = []any{map[string]any{"field_id": 1, "field_code": "PHONE", "field_type": "multitext",
							"values": []any{map[string]any{"value": crmtest.Anna.Phones[0]}}}}
						c.Contacts[900] = twin
					case "POST /leads":
						twin["name"], twin["pipeline_id"], twin["status_id"] = "Chairs", 31, 311
						twin["_embedded"] = map[string]any{"contacts": []any{map[string]any{"id": 11}}}
						c.Leads[900] = twin
					default:
						twin["note_type"], twin["params"] = "common", map[string]any{"text": "hello"}
						c.Notes[21] = append(c.Notes[21], twin)
					}
				})
				id, err := write(t.Context(), f)
				if taken && (err != nil || id != 900) || !taken && (id != 0 || !errors.Is(err, crm.ErrUnknownOutcome)) {
					t.Errorf("%d, %v", id, err)
				}
			})
		}
	}
}
