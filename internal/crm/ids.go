package crm

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// Decimal writes an id.
func Decimal(id int64) string { return strconv.FormatInt(id, 10) }

// ParseID reads an id that we wrote; 0 for anything else.
func ParseID(s string) int64 {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// NewestIDs returns the n highest of a list of ids, newest first, without repeats: ids grow with time.
func NewestIDs(ids []int64, n int) []int64 {
	kept := slices.Clone(ids)
	slices.SortFunc(kept, func(a, b int64) int { return cmp.Compare(b, a) })
	kept = slices.Compact(kept)
	return kept[:min(len(kept), n)]
}

// IDs returns ids as numbers (int64), or numbers as the connector takes them (amocrm.ID).
func IDs[To, From ~int64](ids []From) []To {
	out := make([]To, len(ids))
	for i, id := range ids {
		out[i] = To(id)
	}
	return out
}

// TrueFirst compares two flags for sorting.
func TrueFirst(a, b bool) int {
	if a == b {
		return 0
	}
	if a {
		return -1
	}
	return 1
}

// FirstID returns the id of the first of what was made, 0 for nothing.
func FirstID(made []amocrm.Created) int64 {
	if len(made) == 0 {
		return 0
	}
	return int64(made[0].ID)
}
