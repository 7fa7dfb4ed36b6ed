package main

import (
	"context"
	"log/slog"
	"regexp"
	"sync"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
)

// maxUnread bounds the kinds of unreadable elements that are remembered. Beyond it nothing further is logged: then
// an outside system has changed as a whole, and the log says so already.
const maxUnread = 500

// unreadLog logs every kind of element that was left out of an answer once: lists are read again and again.
type unreadLog struct {
	log  *slog.Logger
	mu   sync.Mutex
	said map[[4]string]bool
}

func newUnreadLog(log *slog.Logger) *unreadLog {
	return &unreadLog{log: log, said: map[[4]string]bool{}}
}

func (u *unreadLog) crm(ctx context.Context, x amocrm.Unread) {
	u.say(ctx, "amoCRM", x.Op, x.Path, x.Reason)
}
func (u *unreadLog) desk(ctx context.Context, x usedesk.Unread) {
	u.say(ctx, "Usedesk", x.Op, x.Path, x.Reason)
}

var index = regexp.MustCompile(`[0-9]+`)

func (u *unreadLog) say(ctx context.Context, system, op, path, reason string) {
	kind := [4]string{system, op, index.ReplaceAllString(path, "N"), reason}
	u.mu.Lock()
	known := u.said[kind] || len(u.said) >= maxUnread
	if !known {
		u.said[kind] = true
	}
	u.mu.Unlock()
	if !known {
		u.log.WarnContext(ctx, "an element of an answer can't be read and is left out", "system", system, "call", op, "path", path, "reason", reason)
	}
}
