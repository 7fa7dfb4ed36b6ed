package amo

import (
	"fmt"
	"testing"
)

func TestAPI_unsortedComesWithAContactThatIsThere(t *testing.T) {
	b := startAPI(t, false)
	body := func(contact int) string {
		return fmt.Sprintf(`[{"source_name":"s","source_uid":"u","metadata":{"form_id":"f"},"_embedded":{"contacts":[{"id":%d}],"companies":[{"id":%d}]}}]`, contact, coWorks)
	}
	made := b.do("POST", "/leads/unsorted/forms", body(kLone)).want(200).is("_embedded.unsorted.0._embedded.contacts.0.id", kLone).
		is("_embedded.unsorted.0._embedded.companies.0.id", coWorks)
	b.do("GET", fmt.Sprintf("/leads/%d?with=contacts", made.id("_embedded.unsorted.0._embedded.leads.0.id")), "").is("_embedded.contacts.0.id", kLone)
	b.do("POST", "/leads/unsorted/forms", body(9)).refused("0", codeChoice, "_embedded.contacts.0.id")
}

func TestAPI_unsortedOfFormsCannotBeLinked(t *testing.T) {
	b := startAPI(t, false)
	uid := b.do("GET", "/leads/unsorted", "").want(200).get("_embedded.unsorted.0.uid").(string)
	body := fmt.Sprintf(`{"link":{"entity_id":%d,"entity_type":"leads"}}`, lFence)
	b.do("POST", "/leads/unsorted/"+uid+"/link", body).want(400)
	b.do("POST", "/leads/unsorted/none/link", body).want(404)
	b.do("GET", "/leads/unsorted/"+uid, "").want(200)
	b.do("GET", "/leads/unsorted/summary?filter[pipeline_id]=501", "").want(200).is("total", 1)
	b.do("GET", "/leads/unsorted/summary?filter[pipeline_id]=502", "").want(200).is("total", 0)
	b.do("GET", "/leads/unsorted/summary?filter[created_at][to]=1", "").want(200).is("total", 0)
}
