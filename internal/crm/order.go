package crm

import (
	"cmp"
	"slices"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// sortDeals puts open deals first; each group newest update first.
func sortDeals(deals []Deal) {
	slices.SortStableFunc(deals, func(a, b Deal) int {
		return cmp.Or(
			boolOrder(a.State == DealOpen, b.State == DealOpen),
			b.UpdatedAt.Compare(a.UpdatedAt),
			cmp.Compare(b.ID, a.ID),
		)
	})
}

// sortPeople puts the linked contact first, then those with open deals, then the most recently updated.
func sortPeople(people []Person, linked int64) {
	slices.SortStableFunc(people, func(a, b Person) int {
		return cmp.Or(
			boolOrder(a.ID == linked, b.ID == linked),
			boolOrder(hasOpen(a.Deals), hasOpen(b.Deals)),
			b.UpdatedAt.Compare(a.UpdatedAt),
			cmp.Compare(b.ID, a.ID),
		)
	})
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func hasOpen(deals []Deal) bool {
	return slices.ContainsFunc(deals, func(d Deal) bool { return d.State == DealOpen })
}

// newestIDs cuts a list of ids to the n highest, newest first, without repeats: ids grow with time.
func newestIDs(ids []int64, n int) (kept []int64, rest int) {
	kept = slices.Clone(ids)
	slices.SortFunc(kept, func(a, b int64) int { return cmp.Compare(b, a) })
	kept = slices.Compact(kept)
	if len(kept) > n {
		return kept[:n], len(kept) - n
	}
	return kept, 0
}

func plainIDs(ids []amocrm.ID) []int64 {
	out := make([]int64, 0, len(ids))
	for _, id := range ids {
		out = append(out, int64(id))
	}
	return out
}

func wireIDs(ids []int64) []amocrm.ID {
	out := make([]amocrm.ID, 0, len(ids))
	for _, id := range ids {
		out = append(out, amocrm.ID(id))
	}
	return out
}
