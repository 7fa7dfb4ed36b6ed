package amocrm

import (
	"context"
	"net/http"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// Problems are the errors that agents may meet, the first match wins.
var Problems = []ui.Problem{
	{Is: store.ErrTrouble, Code: "store", Status: http.StatusOK, Retry: true}, // before the deadlines: it may hold one
	{Is: crm.ErrGone, Code: "gone", Status: http.StatusNotFound},
	{Is: crm.ErrNoClient, Code: "no_client", Status: http.StatusUnprocessableEntity},
	{Is: crm.ErrUnknownOutcome, Code: "unknown_outcome", Status: http.StatusOK, Retry: true},
	{Is: amoapi.ErrUnknownOutcome, Code: "unknown_outcome", Status: http.StatusOK, Retry: true},
	{Is: session.ErrBusy, Code: "busy", Status: http.StatusConflict, Retry: true},
	{Is: session.ErrExpired, Code: "form_expired", Status: http.StatusConflict, Retry: true},
	{Is: amoapi.ErrBlocked, Code: "blocked", Status: http.StatusOK, Retry: true},
	{Is: crm.ErrResting, Code: "resting", Status: http.StatusOK, Retry: true},
	{Is: amoapi.ErrPayment, Code: "payment", Status: http.StatusOK, Retry: true},
	{Is: amoapi.ErrForbidden, Code: "forbidden", Status: http.StatusOK, Retry: true},
	{Is: amoapi.ErrLimited, Code: "limited", Status: http.StatusOK, Retry: true},
	{Is: context.DeadlineExceeded, Code: "slow", Status: http.StatusOK, Retry: true},
	{Is: oauth.ErrRefused, Code: "sign_in", Status: http.StatusOK, Retry: true}, // before ErrUpstream, which it also is
	{Is: amoapi.ErrUnauthorized, Code: "sign_in", Status: http.StatusOK, Retry: true},
	{Is: amoapi.ErrUpstream, Code: "upstream", Status: http.StatusOK, Retry: true},
	{Is: amoapi.ErrNetwork, Code: "upstream", Status: http.StatusOK, Retry: true},
	{Is: tenant.ErrNotFound, Code: "no_tenant", Status: http.StatusOK},
}
