package rules

import (
	"errors"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// call is one write for many jobs. The CRM does all of it or, when it finds a mistake in one, nothing.
type call struct {
	do func(jobs []*job) error
	// again says who of them may go now. It is asked before every write but the first, which may be long ago.
	again   func(jobs []*job) []*job
	refused func(j *job, err error)      // its part was refused; err names only its mistakes
	failed  func(jobs []*job, err error) // the write could not be done, or nobody knows
}

// send makes a write and, when the CRM refuses it, makes it again without the jobs that it names by request_id. When it
// names none, the halves are tried apart until the guilty one is alone.
func (h *haul) send(jobs []*job, c call) {
	for len(jobs) > 0 {
		err := c.do(jobs)
		if err == nil {
			return
		}
		var e *amocrm.Error
		if !errors.As(err, &e) || e.Kind != amocrm.KindInvalid && e.Kind != amocrm.KindNotFound {
			c.failed(jobs, err)
			return
		}
		if len(jobs) == 1 {
			c.refused(jobs[0], err)
			return
		}
		var good []*job
		for _, j := range jobs {
			if mine := mistakesOf(e, j.e.ID); len(mine.Validation) > 0 {
				c.refused(j, mine)
			} else {
				good = append(good, j)
			}
		}
		if len(good) == len(jobs) {
			h.send(c.again(jobs[:len(jobs)/2]), c)
			h.send(c.again(jobs[len(jobs)/2:]), c)
			return
		}
		jobs = c.again(good)
	}
}

// mistakesOf is an error with the mistakes of one item.
func mistakesOf(e *amocrm.Error, requestID string) *amocrm.Error {
	mine := *e
	mine.Validation = nil
	for _, v := range e.Validation {
		if v.RequestID == requestID {
			mine.Validation = append(mine.Validation, v)
		}
	}
	return &mine
}
