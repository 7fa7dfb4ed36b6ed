package request

import (
	"slices"
	"strings"

	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/runes"
)

// Problem is one mistake of a request. Path leads into the rule's body, as in
// "fields.custom_fields_values[0].values[1].enum_id". Detail is English; where it is ours, Key and Params say the same for
// a catalogue (problemTexts).
//
// A mistake in the structure of a rule stops the job. One that a value carries costs that value alone: it is a remark.
type Problem struct {
	Path   string            `json:"path"`
	Code   string            `json:"code"`
	Detail string            `json:"detail"`
	Key    string            `json:"key,omitempty"`
	Params map[string]string `json:"params,omitempty"`
	// Remark says that the deal is made without the value, or with as much of it as fits.
	Remark bool `json:"remark,omitempty"`
	// Given is what a remark's value held, at most MaxGiven characters.
	Given string `json:"given,omitempty"`
}

// In returns the problem in a reader's language; what has no key, as what amoCRM itself has said, stays as it is.
func (p Problem) In(catalog *i18n.Catalog, lang i18n.Lang) string {
	if p.Key == "" {
		return p.Detail
	}
	data := make(map[string]any, len(p.Params))
	for name, value := range p.Params {
		data[name] = value
	}
	if kind, ok := p.Params["Kind"]; ok {
		data["Kind"] = catalog.T(lang, "rule.kind."+kind)
	}
	return catalog.TMap(lang, "rule.problem."+p.Key, data)
}

// MaxGiven bounds what is kept of a value that was left out, in characters: as much as a note takes.
const MaxGiven = MaxComment

// AsRemark turns a mistake into one that costs its value alone.
func (p Problem) AsRemark(given string) Problem {
	p.Remark, p.Given = true, runes.Shorten(given, MaxGiven)
	return p
}

// Stopping returns mistakes without what their values held: the body of a job that was stopped is kept whole.
func Stopping(list []Problem) []Problem {
	out := make([]Problem, len(list))
	for i, p := range list {
		p.Remark, p.Given = false, ""
		out[i] = p
	}
	return out
}

// Merged adds the remarks that are not of a path which has one already.
func Merged(have, more []Problem) []Problem {
	out := have[:len(have):len(have)]
	for _, p := range more {
		if !slices.ContainsFunc(out, func(x Problem) bool { return x.Path == p.Path && x.Code == p.Code }) {
			out = append(out, p)
		}
	}
	return out
}

// Codes of problems that we find ourselves; those of the CRM are passed on as they are (amocrm.md §8.3).
const (
	CodeRequired  = "required"
	CodeUnfilled  = "unfilled_variable"
	CodeType      = "wrong_type"
	CodeRange     = "out_of_range"
	CodeTooLong   = "too_long"
	CodeTooMany   = "too_many"
	CodeUnknown   = "unknown_key"
	CodeChoice    = "unknown_choice"
	CodeAmbiguous = "ambiguous_name"
	CodeTwice     = "given_twice"
	CodeTemplate  = "unknown_template"
	CodeClosed    = "closed_stage"
	CodeArchived  = "archived_pipeline"
	CodeRefused   = "refused"

	CodeUnreadable = "unreadable"
)

// NewProblem returns a mistake in the words of ProblemTexts; params are name, value pairs.
func NewProblem(path, code, key string, params ...string) Problem {
	p := Problem{Path: path, Code: code, Key: key}
	for i := 0; i+1 < len(params); i += 2 {
		if p.Params == nil {
			p.Params = map[string]string{}
		}
		p.Params[params[i]] = params[i+1]
	}
	p.Detail = english(key, p.Params)
	return p
}

// Problems is every mistake of one request at once.
type Problems struct{ List []Problem }

func (p *Problems) Error() string {
	parts := make([]string, len(p.List))
	for i, x := range p.List {
		parts[i] = x.Path + ": " + x.Detail
	}
	return strings.Join(parts, "; ")
}

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
