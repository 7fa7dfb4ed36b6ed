package amocrm

import (
	"errors"

	"github.com/sidecard/sidecard/blocks/session"
)

// begin claims the form that was sent, by its token. It waits as long as a write may take: the second of two clicks
// shows what the first one led to.
func (v *visit) begin() (*session.Once, string, error) {
	ctx, cancel := v.writing()
	defer cancel()
	return v.h.Sessions.Begin(ctx, v.session, v.FormValue("token"))
}

// nextToken is what a form is drawn with after err. While the first sending is still at work it stays the same, so that
// sending again can't act a second time.
func (v *visit) nextToken(err error) string {
	if token := v.FormValue("token"); errors.Is(err, session.ErrBusy) {
		return token
	}
	return session.NewID()
}
