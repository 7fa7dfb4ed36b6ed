package triggers

import "strings"

// Problem is one mistake of a request. Path leads into the rule's body, as in
// "fields.custom_fields_values[0].values[1].enum_id". Detail is English; where it is ours, Key and Params say the same for
// a catalogue (ProblemTexts).
type Problem struct {
	Path   string            `json:"path"`
	Code   string            `json:"code"`
	Detail string            `json:"detail"`
	Key    string            `json:"key,omitempty"`
	Params map[string]string `json:"params,omitempty"`
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
)

// problem is a mistake in the words of ProblemTexts; params are name, value pairs.
func problem(path, code, key string, params ...string) Problem {
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
