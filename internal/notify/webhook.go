package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/sidecard/sidecard/connector/transport"
)

// Signature is the header that proves a webhook: "sha256=" and the HMAC-SHA256 of the body, in hex.
const Signature = "X-Sidecard-Signature"

// NewSecret returns a key for Signature: "whs_" and 32 URL-safe characters (192 bits).
func NewSecret() string {
	raw := make([]byte, 24)
	rand.Read(raw) // never fails: crypto/rand ends the program instead
	return "whs_" + base64.RawURLEncoding.EncodeToString(raw)
}

// posted is a webhook's body.
type posted struct {
	ID      string    `json:"id"` // the same in every try of one message
	Event   Event     `json:"event"`
	Account string    `json:"account"` // host of the amoCRM account
	Counts  counted   `json:"counts"`
	Since   time.Time `json:"since"`
	At      time.Time `json:"at"` // when it was noticed; receivers may refuse what is old
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
}

type counted struct {
	Waiting int `json:"waiting"` // for a login
	Failed  int `json:"failed"`  // in the inbox
	Remarks int `json:"remarks"` // made without some values within 24 hours
}

func (s *Sender) webhook(ctx context.Context, address, secret string, m message, txt text) error {
	body, err := json.Marshal(posted{ID: m.ID, Event: m.Event, Account: txt.Account, Counts: counted{m.Held, m.Failed, m.Remarks},
		Since: m.Since.UTC().Truncate(time.Second), At: m.At.UTC().Truncate(time.Second), Subject: txt.Subject, Text: txt.Text})
	if err != nil {
		return fmt.Errorf("encode webhook: %w", err)
	}
	if !ValidURL(address, s.Private) { // the rules may have become stricter since it was stored
		return fmt.Errorf("send webhook: %w", transport.ErrPrivate)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("build webhook: the address can't be used")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(Signature, "sha256="+sign(secret, body))
	status, _, err := exchange(s.hook, req)
	switch {
	case err != nil:
		return fmt.Errorf("send webhook: %w", err)
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500:
		return fmt.Errorf("send webhook: it answers %d", status)
	}
	// Its words stay unread: who may choose the address is not to read what stands behind it.
	return &refused{Said: "HTTP " + strconv.Itoa(status)}
}

func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

const webhookWithin = 5 * time.Second

// webhookClient reaches public hosts only, directly, and follows no redirect. private lifts the first.
func webhookClient(private bool) *http.Client {
	dial := &net.Dialer{Timeout: webhookWithin}
	if !private {
		dial.Control = transport.OnlyPublic
	}
	return transport.NoRedirects(&http.Client{
		Timeout: webhookWithin,
		Transport: &http.Transport{ // no Proxy: it would be the one that is dialled and checked
			DialContext: dial.DialContext, TLSHandshakeTimeout: webhookWithin, MaxResponseHeaderBytes: 16 << 10,
			DisableKeepAlives: true, ForceAttemptHTTP2: true,
		},
	})
}
