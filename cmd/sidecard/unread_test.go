package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
)

func TestUnreadLog_saysEachKindOnce(t *testing.T) {
	var out bytes.Buffer
	u := newUnreadLog(slog.New(slog.NewTextHandler(&out, nil)))
	for i := range 3 {
		u.crm(t.Context(), amocrm.Unread{Op: "GET /leads/{id}/notes", Path: fmt.Sprintf("notes.%d", i), Reason: "a number"})
		u.crm(t.Context(), amocrm.Unread{Op: "GET /leads/{id}/notes", Path: fmt.Sprintf("notes.%d", i), Reason: "a list"})
		u.desk(t.Context(), usedesk.Unread{Op: "ticket", Path: fmt.Sprintf("comments.%d", i), Reason: "a number"})
	}
	if n := strings.Count(out.String(), "\n"); n != 3 {
		t.Errorf("%d lines:\n%s", n, out.String())
	}
	for i := range 2 * maxUnread {
		u.crm(t.Context(), amocrm.Unread{Op: fmt.Sprint(i)})
	}
	if n := strings.Count(out.String(), "\n"); n != maxUnread {
		t.Errorf("%d lines of %d kinds", n, 2*maxUnread)
	}
}
