package oauth

import (
	"context"

	"golang.org/x/oauth2"
)

// Provider is an outside system that issues grants, as far as keeping them alive needs it.
type Provider interface {
	// Refresh exchanges the refresh token of g for a new pair. After an error the pair may have been changed nevertheless.
	Refresh(ctx context.Context, tenantID string, g Grant) (*oauth2.Token, error)
	// Classify reports what an error of Refresh means.
	Classify(err error) Refusal
}

// Follower is a Provider whose accounts may move to another address.
type Follower interface {
	// Home returns where the account of g lives now, or "" when the refusal stands. refusal is that of Refresh; nil: the provider
	// refuses access tokens that it has just issued. An error means that this is not known.
	Home(ctx context.Context, tenantID string, g Grant, refusal error) (base string, err error)
	// Move records the account's new address, before the grant is stored with it.
	Move(ctx context.Context, tenantID, base string) error
	// Moved is called when the grant is stored with it. A refresh waits for it; it must not ask for a token.
	Moved(ctx context.Context, tenantID string)
}

// Refusal is what an error of a refresh means.
type Refusal struct {
	Kind RefusalKind
	Why  string // for people, without secrets
	Err  error  // what the caller's error has to match besides ErrUpstream, for Unavailable; may be nil
}

// RefusalKind tells refusals apart by what follows from them.
type RefusalKind int

const (
	Unavailable   RefusalKind = iota // no answer, or none that says anything about the grant: it stays
	Ended                            // the provider says that the grant is no more
	Unexplained                      // the provider refuses it without saying that it has ended
	Misconfigured                    // the operator must mend the integration's configuration
)
