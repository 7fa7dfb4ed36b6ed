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

// NewestIDs cuts a list of ids to the n highest, newest first, without repeats: ids grow with time.
func NewestIDs(ids []int64, n int) (kept []int64, rest int) {
	kept = slices.Clone(ids)
	slices.SortFunc(kept, func(a, b int64) int { return cmp.Compare(b, a) })
	kept = slices.Compact(kept)
	if len(kept) > n {
		return kept[:n], len(kept) - n
	}
	return kept, 0
}

// PlainIDs returns ids as numbers.
func PlainIDs(ids []amocrm.ID) []int64 {
	out := make([]int64, 0, len(ids))
	for _, id := range ids {
		out = append(out, int64(id))
	}
	return out
}

// WireIDs returns ids as the connector takes them.
func WireIDs(ids []int64) []amocrm.ID {
	out := make([]amocrm.ID, 0, len(ids))
	for _, id := range ids {
		out = append(out, amocrm.ID(id))
	}
	return out
}

// TrueFirst compares two flags for sorting.
func TrueFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
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
