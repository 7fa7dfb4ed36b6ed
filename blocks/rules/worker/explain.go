package worker

import (
	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/ledger"
)

// explain turns a refusal of the CRM into problems of the request. Other errors come back as they are.
func explain(err error, code string, problem func(crm.Mistake) request.Problem) error {
	answer, _ := crm.AnswerOf(err)
	if !answer.Invalid && !answer.NotFound {
		return err
	}
	r, why := &Refusal{}, ledger.InWords(answer.Words)
	for _, m := range answer.Mistakes {
		r.Problems = append(r.Problems, problem(m))
	}
	if len(r.Problems) > 0 {
		why = jobs.Summary(r.Problems)
	}
	r.Why = ledger.Because(code, "", why)
	return &refusedByCRM{r, err}
}

// refusedByCRM is a refusal that still carries the CRM's error.
type refusedByCRM struct {
	*Refusal
	cause error
}

// Unwrap gives the refusal and its cause.
func (k *refusedByCRM) Unwrap() []error { return []error{k.Refusal, k.cause} }
