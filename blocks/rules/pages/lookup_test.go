package pages

import (
	"strconv"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/texts"
	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/i18n"
)

// sampleMeta is an account with two pipelines, two people and fields of many types.
var sampleMeta = crm.Meta{
	Pipelines: []amoapi.Pipeline{
		{ID: 1, Name: "Sales", IsMain: true, Statuses: []amoapi.Status{
			{ID: 10, Name: "Incoming", Type: amoapi.StatusTypeUnsorted, PipelineID: 1}, {ID: 11, Name: "First contact", PipelineID: 1},
			{ID: 12, Name: "Negotiation", PipelineID: 1}, {ID: amoapi.StatusWon, Name: "Won", PipelineID: 1}, {ID: amoapi.StatusLost, Name: "Lost", PipelineID: 1},
		}},
		{ID: 2, Name: "Service", Statuses: []amoapi.Status{{ID: 21, Name: "New request", PipelineID: 2}}},
	},
	Users: []amoapi.User{{ID: 1, Name: "Ivan Smirnov", IsActive: true}, {ID: 2, Name: "Maria Kuznetsova", IsActive: true}},
	LeadFields: []amoapi.Field{
		{ID: 1, Name: "Delivery date", Type: "date"},
		{ID: 2, Name: "Source", Type: "select", Enums: []amoapi.Enum{{ID: 1, Value: "Website"}, {ID: 2, Value: "email"}}},
		{ID: 6, Name: "Ticket number", Type: "numeric"},
	},
}

func TestLookup_findsByNameIDAndOwner(t *testing.T) {
	f := i18n.Format{Lang: i18n.EN}
	var err error
	if f.Catalog, err = i18n.NewCatalog(ui.Texts, texts.FS); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"nego":   "12",
		"sales":  "1 11 12 142 143", // a pipeline with its stages
		"14":     "142 143",
		"maria":  "2",
		"source": "2 1 2", // a field with its choices
		"WEBS":   "1",
		"none":   "",
	} {
		got := newLookup(f, sampleMeta, query)
		var ids []string
		for _, g := range got.Groups {
			for _, r := range g.Rows {
				ids = append(ids, string(r.ID))
			}
		}
		if strings.Join(ids, " ") != want || got.None != (want == "") {
			t.Errorf("%s: %v, want %s", query, ids, want)
		}
	}
	many := crm.Meta{}
	for i := range 200 {
		many.LeadFields = append(many.LeadFields, amoapi.Field{ID: amoapi.ID(i + 1), Name: "Field " + strconv.Itoa(i)})
	}
	if got := newLookup(f, many, ""); len(got.Groups[0].Rows) != mostLookups || got.More != "120 more: narrow the search." {
		t.Errorf("%d rows, %q", len(got.Groups[0].Rows), got.More)
	}
	if q := lookupQuery(strings.Repeat("ж", 500)); len([]rune(q)) != maxLookup {
		t.Errorf("a query of %d characters", len([]rune(q)))
	}
}
