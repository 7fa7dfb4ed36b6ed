package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/sidecard/sidecard/connector/transport"
	"github.com/sidecard/sidecard/internal/runes"
)

// TelegramAPI is where Telegram's bots live (core.telegram.org/bots/api).
const TelegramAPI = "https://api.telegram.org"

// TelegramHost checks the configured address of the bot API, "" for Telegram's own, and gives a client that reaches it
// alone.
func TelegramHost(configured string) (base string, client *http.Client, err error) {
	rules := transport.HostRules{Exact: map[string]string{"api.telegram.org": "/"}}
	if configured == "" {
		configured = TelegramAPI
	} else if strings.TrimSuffix(configured, "/") != TelegramAPI {
		rules.Extra = []string{configured}
	}
	list, err := transport.NewAllowList(rules)
	if err != nil {
		return "", nil, err
	}
	if base, err = list.Base(configured); err != nil {
		return "", nil, err
	}
	return base, transport.NoRedirects(list.HTTPClient(sendWithin)), nil
}

const (
	maxAnswer   = 64 << 10 // bytes that are read of an answer
	saidMost    = 200      // characters of it that are shown
	telegramMax = 4096     // characters of a message (sendMessage)
)

// telegram sends a text as a bot's plain message. The token is a part of the address, so no error may carry that.
func (s *Sender) telegram(ctx context.Context, token, chat string, txt text) error {
	body, err := json.Marshal(map[string]any{
		"chat_id": chat, "text": runes.First(txt.Subject+"\n\n"+txt.Text, telegramMax), "link_preview_options": map[string]any{"is_disabled": true},
	})
	if err != nil {
		return fmt.Errorf("encode telegram message: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Telegram+"/bot"+token+"/sendMessage", bytes.NewReader(body))
	if err != nil {
		return errors.New("build telegram message: the token does not fit into an address")
	}
	req.Header.Set("Content-Type", "application/json")
	status, answer, err := exchange(s.HTTP, req)
	if err != nil {
		return fmt.Errorf("send telegram message: %w", err)
	}
	var said struct {
		OK          bool   `json:"ok"`
		Description string `json:"description"`
	}
	readable := json.Unmarshal(answer, &said) == nil
	switch {
	case status == http.StatusOK && readable && said.OK:
		return nil
	case status == http.StatusTooManyRequests || status >= 500 || !readable:
		return fmt.Errorf("send telegram message: it answers %d", status)
	}
	return &refused{Said: clip(strings.ReplaceAll(said.Description, token, "…"))}
}

// exchange sends r and reads the beginning of its answer. Its error holds no address.
func exchange(h *http.Client, r *http.Request) (status int, answer []byte, err error) {
	r.Header.Set("User-Agent", transport.UserAgent())
	res, err := h.Do(r)
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }() // what was needed of it is read
	answer, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return res.StatusCode, answer, err
}

// clip bounds words of somebody else for a page.
func clip(s string) string {
	return runes.Shorten(runes.OneLine(strings.ToValidUTF8(s, "…")), saidMost)
}
