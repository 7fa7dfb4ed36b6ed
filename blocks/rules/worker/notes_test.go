package worker

import (
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/rules/texts"
	"github.com/sidecard/sidecard/internal/i18n"
)

func TestRemarks_allWordsAreOfTheCatalogue(t *testing.T) {
	catalog, err := i18n.NewCatalog(texts.FS)
	if err != nil {
		t.Fatal(err)
	}
	text := func(lang, key string, args ...any) string { return catalog.T(i18n.Lang(lang), key, args...) }
	b := &batch{Worker: &Worker{deps: &Deps{Text: text}}, lang: "en"}
	left := []request.Problem{{Path: "fields.price", Detail: "must be one amount", Given: "much"}}
	got := b.remarkText(&item{job: &jobs.Job{Steps: jobs.Steps{Remarks: left}}})
	if !strings.HasSuffix(got, "\n\nfields.price: must be one amount\nIt held: much") {
		t.Error(got)
	}
}
