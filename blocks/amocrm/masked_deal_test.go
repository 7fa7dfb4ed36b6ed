package amocrm

import (
	"net/url"
	"testing"

	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/bridge"
)

func TestMask_editedDealKeepsItsPhones(t *testing.T) {
	w := newHouse(t)
	w.tenants.settings.MaskPhones = true
	const real, hidden = "Ring +7 999 123-45-67", "Ring +7 ••• •••-45-67"
	w.crm.card.Name, w.crm.card.Inputs[35] = real, []string{real}
	w.crm.tasks = []bridge.Task{{ID: 61, Text: real, Due: now}}
	base := w.session(blocks.EN, sampleTicket())
	w.contains(w.fragment(base+"/deals/12/edit?field=name"), "••• •••-45-67")
	w.contains(w.fragment(base+"/deals/12/edit?field=cf:35"), "Ring &#43;7 ••• •••-45-67</textarea>")
	w.contains(w.get(base+"/deals/12"), `<span class="task-text">`+"Ring &#43;7 ••• •••-45-67")

	w.contains(w.post(base+"/deals/12/edit", editOfField("name", url.Values{"name": {hidden}}), true), "Saved.")
	w.contains(w.post(base+"/deals/12/edit", editOfField("cf:35", url.Values{"fields.35": {hidden}}), true), "Saved.")
	if len(w.crm.changes) != 2 || *w.crm.changes[0].Name != real || w.crm.changes[1].Fields[35][0] != real {
		t.Errorf("%+v", w.crm.changes)
	}
	w.contains(w.post(base+"/deals/12/edit", editOfField("name", url.Values{"name": {hidden + "!"}}), true), "The hidden digits", `id="row-name"`)
	if len(w.crm.changes) != 2 {
		t.Errorf("dots were written: %+v", w.crm.changes[2])
	}
}
