package amocrm

import (
	"fmt"
	"testing"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
)

func TestAPI_switchedOffUsersAreNoAuthors(t *testing.T) {
	b := startAPI(t, false)
	for _, key := range []string{"created_by", "updated_by", "responsible_user_id"} {
		body := fmt.Sprintf(`{"%s":%d}`, key, uGone)
		for _, path := range []string{fmt.Sprintf("/leads/%d", lFence), fmt.Sprintf("/contacts/%d", kIvan), fmt.Sprintf("/companies/%d", coWorks)} {
			b.do("PATCH", path, body).refused("0", edit.CodeChoice, key)
		}
		b.do("PATCH", "/leads", fmt.Sprintf(`[{"id":%d,"%s":%d,"request_id":"r"}]`, lFence, key, uGone)).refused("r", edit.CodeChoice, key)
	}
	b.do("PATCH", fmt.Sprintf("/leads/%d", lFence), fmt.Sprintf(`{"created_by":%d,"updated_by":0}`, uFree)).want(200)
	b.do("POST", fmt.Sprintf("/leads/%d/link", lFence), fmt.Sprintf(`[{"to_entity_id":%d,"to_entity_type":"contacts","metadata":{"updated_by":%d}}]`, kLone, uGone)).
		refused("0", edit.CodeChoice, "metadata.updated_by")
}
