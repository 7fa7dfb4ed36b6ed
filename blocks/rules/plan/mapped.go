package plan

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
)

// WithMapped adds values by field id to the fields that are filled already, with a remark on each that its field does not
// take or whose field is gone.
func WithMapped(have []crm.FieldInput, values map[int64][]string, meta crm.Meta, known []crm.Field) (out []crm.FieldInput, left []request.Problem) {
	for _, id := range slices.Sorted(maps.Keys(values)) {
		path, given := fmt.Sprintf("use_mapping.%d", id), strings.Join(values[id], ", ")
		i := slices.IndexFunc(known, func(f crm.Field) bool { return int64(f.ID) == id })
		if i < 0 {
			left = append(left, request.NewProblem(path, request.CodeChoice, "mapped_gone").AsRemark(given))
			continue
		}
		if slices.ContainsFunc(have, func(f crm.FieldInput) bool {
			return f.FieldID == known[i].ID || f.FieldCode != "" && f.FieldCode == known[i].Code
		}) {
			continue
		}
		in, err := known[i].InputIn(meta.Calendar(), values[id])
		var bad *crm.ValueError
		if errors.As(err, &bad) {
			left = append(left, unfit(path, known[i], bad, false).AsRemark(given))
		} else if len(in.Values) > 0 && err == nil {
			have = append(have, in)
		}
	}
	return have, left
}
