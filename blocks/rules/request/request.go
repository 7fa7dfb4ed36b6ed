// Package request reads what a helpdesk rule sends and says what is wrong with it (usedesk.md §3.2). It is pure: the same body
// gives the same Request, Remarks and Problems.
//
// It refuses to know the CRM's account, tickets and what becomes of a request.
//
// Invariants:
//   - A mistake in the structure of a rule stops it. One that a value carries costs that value alone and is a remark, unless the rule
//     is strict.
//   - Every mistake is named at once, by its path in the body as it came.
//   - A stored request is read back as it is.
package request

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Limits of a request. The CRM's own limit on values is amocrm.md §8.1; comment and name are ours.
const (
	MaxBody    = 1 << 20 // bytes
	MaxComment = 20_000  // characters
	MaxName    = 255     // characters; of the deal, a tag, a company, anything that is named
	MaxFields  = 40      // custom fields of one deal
	MaxValues  = 100_000 // bytes of all their values
	MaxTask    = 5000    // characters
)

// How far ahead a task may be due, and when it is if the rule does not say.
const (
	minDue     = time.Minute
	maxDue     = 365 * 24 * time.Hour
	defaultDue = 24 * time.Hour
)

// Request is what a rule asks for (usedesk.md §3.2): a deal with these fields for the client of this ticket.
type Request struct {
	AmoClientID string     `json:"amoClientId,omitempty" validate:"max=100"`
	TicketID    int64      `json:"ticketId" validate:"gt=0"`
	Fields      LeadFields `json:"fields"`
	Comment     string     `json:"comment,omitempty" validate:"max=20000"`
	// UseMapping also fills the fields that the tenant's settings map from ticket and client; the rule's own fields win.
	UseMapping bool `json:"use_mapping,omitempty"`

	Tags       []string     `json:"tags,omitempty" validate:"max=40,dive,max=255"` // of the deal, by name
	Company    string       `json:"company,omitempty" validate:"max=255"`          // of the deal, by name
	Task       *TaskRequest `json:"task,omitempty"`                                // for the deal's responsible user
	IfOpenDeal OpenDeal     `json:"if_open_deal,omitempty"`                        // "" is OpenDealCreate

	// Strict stops the job for mistakes that would else cost a value alone.
	Strict bool `json:"strict,omitempty"`
	// Remarks are the values that were left out or cut when the body was read.
	Remarks []Problem `json:"remarks,omitempty" validate:"-"`
	// Unread is the body of a job that was refused, as it came: the rest of the request is what could be read of it.
	Unread *Unread `json:"unread,omitempty" validate:"-"`
}

// Unread is a body that was refused.
type Unread struct {
	ContentType string `json:"content_type,omitempty"`
	Body        []byte `json:"body"`          // at most MaxUnread bytes
	Cut         bool   `json:"cut,omitempty"` // there was more
}

// MaxUnread is how much is kept of a body that was refused, in bytes.
const MaxUnread = 64 << 10

// TaskRequest is a task on the deal.
type TaskRequest struct {
	Text  string `json:"text" validate:"max=5000"`
	DueIn string `json:"due_in,omitempty"` // "90m", "4h", "2d"; "" is one day
}

// DueAfter returns how long from now the task is due.
func (t TaskRequest) DueAfter() time.Duration {
	if d, ok := parseDue(t.DueIn); ok {
		return d
	}
	return defaultDue
}

var dueForm = regexp.MustCompile(`^(\d{1,6}) ?([mhdw])$`)

// parseDue reads "90m", "4h", "2d", "1w".
func parseDue(raw string) (time.Duration, bool) {
	m := dueForm.FindStringSubmatch(strings.ToLower(raw))
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	unit := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[m[2]]
	return time.Duration(n) * unit, err == nil
}

// OpenDeal says what to do for a client who has an open deal already.
type OpenDeal string

// What a rule may do for a client with an open deal.
const (
	OpenDealCreate OpenDeal = "create" // make another deal
	OpenDealAttach OpenDeal = "attach" // put note, tags and task on the newest open deal
	OpenDealSkip   OpenDeal = "skip"   // do nothing
)

// OnOpenDeal returns what the rule says of a client with an open deal.
func (r Request) OnOpenDeal() OpenDeal { return cmp.Or(r.IfOpenDeal, OpenDealCreate) }

// LeadFields are the fields of the new deal. Zero means: not given, the CRM's default.
type LeadFields struct {
	Name          string        `json:"name,omitempty" validate:"max=255"`
	Price         Price         `json:"price,omitempty"`
	StatusID      int64         `json:"status_id,omitempty" validate:"gte=0"`
	PipelineID    int64         `json:"pipeline_id,omitempty" validate:"gte=0"`
	ResponsibleID int64         `json:"responsible_user_id,omitempty" validate:"gte=0"`
	Pipeline      string        `json:"pipeline,omitempty" validate:"max=255"`         // by name; PipelineID wins
	Status        string        `json:"status,omitempty" validate:"max=255"`           // by name; StatusID wins
	Responsible   string        `json:"responsible_user,omitempty" validate:"max=255"` // by e-mail or name; ResponsibleID wins
	Custom        []CustomField `json:"custom_fields_values,omitempty" validate:"max=40,dive"`
}

// CustomField is one custom field to fill, named by its id, else its code, else its name; a name that no field has may be
// a code.
type CustomField struct {
	FieldID   int64         `json:"field_id,omitempty" validate:"required_without_all=FieldCode FieldName,gte=0"`
	FieldCode string        `json:"field_code,omitempty" validate:"max=255"`
	FieldName string        `json:"field_name,omitempty" validate:"max=255"`
	Values    []CustomValue `json:"values" validate:"min=1,max=250,dive"`
	// At is the path of a field that was given in "custom_fields"; it is not stored, where all are custom_fields_values.
	At string `json:"-"`
}

// CustomValue is one value in one of the forms of amocrm.md §3.5. Value keeps the JSON as it came.
type CustomValue struct {
	Value            json.RawMessage `json:"value,omitempty"`
	EnumID           int64           `json:"enum_id,omitempty" validate:"gte=0"`
	EnumCode         string          `json:"enum_code,omitempty" validate:"max=255,one_form"`
	CatalogID        int64           `json:"catalog_id,omitempty" validate:"gte=0"`         // both of a chained list's level
	CatalogElementID int64           `json:"catalog_element_id,omitempty" validate:"gte=0"` // both of a chained list's level
}

// Blank reports whether the value is an empty string or null, or a chained list's level without its element, as the helpdesk fills
// a variable without a value with nothing, or was left out.
func (v CustomValue) Blank() bool {
	raw := string(v.Value)
	return v.EnumID == 0 && v.EnumCode == "" && v.CatalogElementID == 0 && (raw == "" || raw == `""` || raw == "null")
}

// Where turns a path into the normal form of a request into one into the body as it came.
func (r Request) Where(path string) string {
	rest, ok := strings.CutPrefix(path, "fields.custom_fields_values[")
	number, rest, closed := strings.Cut(rest, "]")
	i, err := strconv.Atoi(number)
	if !ok || !closed || err != nil || i < 0 || i >= len(r.Fields.Custom) || r.Fields.Custom[i].At == "" {
		return path
	}
	at := r.Fields.Custom[i].At
	value, ok := strings.CutPrefix(rest, ".values")
	if !ok {
		return at
	}
	if len(r.Fields.Custom[i].Values) == 1 {
		value = strings.TrimPrefix(value, "[0]")
	}
	return at + strings.TrimSuffix(value, ".value")
}

// Fingerprint tells jobs apart: the header key if the caller gave one, else ticket, fields and comment.
func (r Request) Fingerprint(tenantID, headerKey string) (string, error) {
	if headerKey != "" {
		return Digest(tenantID, "key", []byte(headerKey)), nil
	}
	r.AmoClientID = ""
	body, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("encode job: %w", err)
	}
	return Digest(tenantID, "body", body), nil
}

// Digest tells apart what a tenant has sent, of one kind.
func Digest(tenantID, kind string, what []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00", tenantID, kind)
	h.Write(what)
	return hex.EncodeToString(h.Sum(nil))
}
