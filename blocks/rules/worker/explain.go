package worker

import (
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/ledger"
)

// explain turns the CRM's refusal of a deal into problems of the request, with what the account would accept where that
// is known. Other errors come back as they are.
func (it *item) explain(err error) error {
	answer, _ := crm.AnswerOf(err)
	if !answer.Invalid && !answer.NotFound {
		return err
	}
	ours := plan.Check(it.job.Request, it.meta)
	r := &Refusal{}
	for _, v := range answer.Mistakes {
		p := request.Problem{Path: it.plan.From.Path(v.Path), Code: v.Code, Detail: v.Detail}
		for _, o := range ours {
			if o.Path == p.Path {
				p.Detail = strings.TrimSuffix(p.Detail, ".") + " (" + o.Detail + ")"
			}
		}
		r.Problems = append(r.Problems, p)
	}
	r.Why = ledger.Because("refused_deal", "", reasonOf(answer, r.Problems))
	return &refusedByCRM{Refusal: r, cause: err}
}

func explainExtra(err error, path, code string) error {
	answer, _ := crm.AnswerOf(err)
	if !answer.Invalid && !answer.NotFound {
		return err
	}
	r := &Refusal{}
	for _, v := range answer.Mistakes {
		r.Problems = append(r.Problems, request.Problem{Path: path, Code: v.Code, Detail: v.Detail})
	}
	r.Why = ledger.Because(code, "", reasonOf(answer, r.Problems))
	return &refusedByCRM{Refusal: r, cause: err}
}

// refusedByCRM is a refusal that still carries the CRM's error.
type refusedByCRM struct {
	*Refusal
	cause error
}

// Unwrap gives the refusal and its cause.
func (k *refusedByCRM) Unwrap() []error { return []error{k.Refusal, k.cause} }

// reasonOf is the CRM's refusal in words: its mistakes, else what it says itself.
func reasonOf(answer crm.Answer, problems []request.Problem) ledger.Reason {
	if len(problems) == 0 {
		return ledger.InWords(answer.Words)
	}
	return jobs.Summary(problems)
}
