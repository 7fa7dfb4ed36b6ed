package usedesk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// blockRequest is the JSON body that Usedesk sends for a block (usedesk.md §1.2). Custom parameters come last and
// stand beside the others, on the top level.
func blockRequest(b *block, t *ticket, c *client, reload bool) map[string]any {
	channel := channels[t.Channel]
	body := map[string]any{
		"ticket_id": t.ID, "subject": kit.OrNull(t.Subject), "client_id": c.ID, "contact": kit.OrNull(c.address()),
		"channel_id": channel.id, "channel_type": t.Channel, "from_email": kit.OrNull(c.email()), "from_id": nil,
		"client_data":  clientData(c),
		"channel_data": map[string]any{"type": t.Channel, "data": kit.OrNull(channel.address), "id": channel.id},
		"is_auto_load": map[bool]string{true: "0", false: "1"}[reload],
	}
	if b.SecretKey != "" {
		body["secret"] = b.SecretKey
	}
	for _, p := range b.Params {
		body[p.Name] = p.Value
	}
	return body
}

// clientData is the client as a block request has it: not as the REST API does.
func clientData(c *client) map[string]any {
	return map[string]any{
		"name": kit.OrNull(c.Name), "company": kit.OrNull(c.Company), "addresses": []any{},
		"emails": append([]string{}, c.Emails...), "sites": append([]string{}, c.Sites...),
		"phones": kit.Each(c.Phones, func(_ int, p scenario.Phone) map[string]any {
			return map[string]any{"type": p.Type, "phone": p.Number}
		}),
		"social_services": kit.Each(c.Socials, func(_ int, x scenario.Social) map[string]any {
			return map[string]any{"type": x.Type, "url": x.URL, "uid": x.UID}
		}),
		"messengers": kit.Each(c.Messengers, func(_ int, m scenario.Messenger) map[string]any {
			return map[string]any{"type": m.Type, "id": m.Identity}
		}),
	}
}

// Outcomes of a block request, in the header X-Block-Outcome of the answer to the page.
const (
	blockOK       = "ok"
	blockUnset    = "no_url"
	blockTimeout  = "timeout"
	blockNoAnswer = "no_answer"
	blockStatus   = "bad_status"
	blockBadJSON  = "bad_json"
)

// loadBlock asks a block for its HTML. What the block got wrong is the outcome and its HTML a text for the person: what
// the real page shows then is not documented.
func (s *sender) loadBlock(ctx context.Context, url string, body map[string]any) (content, outcome string) {
	if url == "" {
		return complaint("The block has no URL yet. Set it under Settings, Blocks."), blockUnset
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return complaint("The request could not be built: " + err.Error()), blockBadJSON
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.BlockTimeout)
	defer cancel()
	status, answer, err := s.post(ctx, url, "application/json", nil, raw, maxBlock)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return complaint(fmt.Sprintf("The block did not answer within %s.", s.opts.BlockTimeout)), blockTimeout
	case err != nil:
		return complaint("The block could not be reached: " + err.Error()), blockNoAnswer
	case status != http.StatusOK:
		return complaint(fmt.Sprintf("The block answered HTTP %d: %s", status, clip(answer, 500))), blockStatus
	}
	var parsed struct {
		HTML *string `json:"html"`
	}
	if err := json.Unmarshal(answer, &parsed); err != nil || parsed.HTML == nil {
		return complaint(`The block's answer is not {"html": "…"}: ` + clip(answer, 500)), blockBadJSON
	}
	return *parsed.HTML, blockOK
}

// post sends a body and reads an answer of at most limit bytes; a longer one is an error.
func (s *sender) post(ctx context.Context, url, contentType string, headers http.Header, body []byte, limit int64) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", contentType)
	for name, values := range headers {
		req.Header[name] = values
	}
	res, err := s.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return 0, nil, err
	}
	if int64(len(answer)) > limit {
		return 0, nil, fmt.Errorf("the answer is longer than %d bytes", limit)
	}
	return res.StatusCode, answer, nil
}

func complaint(text string) string {
	return `<div class="alert alert-warning" role="alert">` + html.EscapeString(text) + `</div>`
}

// clip shortens text from outside to n bytes of valid UTF-8.
func clip(raw []byte, n int) string {
	s := strings.ToValidUTF8(string(raw), "�")
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
