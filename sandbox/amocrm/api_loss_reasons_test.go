package amocrm

import (
	"fmt"
	"testing"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
)

func TestAPI_lossReasonsAreMadeChangedAndDeleted(t *testing.T) {
	b := startAPI(t, false)
	made := b.do("POST", "/leads/loss_reasons", `[{"name":"Went silent","request_id":1},{"name":"Moved away","sort":5}]`).want(200).
		is("_embedded.loss_reasons.0.request_id", "1").is("_embedded.loss_reasons.1.sort", 5)
	id := made.id("_embedded.loss_reasons.0.id")
	path := fmt.Sprintf("/leads/loss_reasons/%d", id)
	b.do("PATCH", fmt.Sprintf("/leads/%d", lFence), fmt.Sprintf(`{"status_id":143,"pipeline_id":%d,"loss_reason_id":%d}`, pSales, id)).want(200)
	b.wait(time.Minute)
	b.do("PATCH", path, `{"name":"Silent","sort":1}`).want(200).is("name", "Silent").is("sort", 1).is("updated_at", b.clock().Unix()).is("created_at", b.clock().Unix()-60)
	b.do("GET", fmt.Sprintf("/leads/%d?with=loss_reason", lFence), "").want(200).is("_embedded.loss_reason.0.name", "Silent")
	b.do("POST", "/leads/loss_reasons", `[{"sort":1}]`).refused("0", edit.CodeMissing, "name")
	b.do("PATCH", path, `{"name":1}`).refused("0", edit.CodeType, "name")
	b.do("DELETE", path, "").want(204)
	b.do("GET", path, "").want(404)
	b.do("PATCH", path, `{"name":"x"}`).want(404)
	b.do("DELETE", path, "").want(404)
	b.do("GET", fmt.Sprintf("/leads/%d?with=loss_reason", lFence), "").want(200).is("loss_reason_id", nil).is("_embedded.loss_reason", []any{})
	b.user = uPlain
	b.do("POST", "/leads/loss_reasons", "[]").want(403)
	b.do("PATCH", path, "{}").want(403)
	b.do("DELETE", path, "").want(403)
}
