package request

import "strings"

// MaxPlain bounds one name in a message, in characters.
const MaxPlain = 60

// Near returns the one of names that is most like what was typed, "" when none is like it. Case and outer blanks don't
// count; a third of the characters may differ, at least one, but never all.
func Near(typed string, names []string) string {
	want := fold(typed)
	best, least := "", max(len(want)/3, 1)+1
	for _, name := range names {
		have := fold(name)
		if d := len(have) - len(want); d >= least || -d >= least {
			continue
		}
		if d := distance(want, have); d < least && d < len(have) {
			best, least = name, d
		}
	}
	return best
}

// fold is a name for comparing, cut so that comparing stays cheap.
func fold(s string) []rune {
	r := []rune(strings.ToLower(strings.TrimSpace(s)))
	return r[:min(len(r), MaxPlain)]
}

// distance counts the characters to insert, remove, replace or swap with the next that make b of a.
func distance(a, b []rune) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row := rows[0], rows[1], rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		rows = [3][]int{above, row, before}
	}
	return rows[1][len(b)]
}
