package amocrm

import (
	"cmp"
	"encoding/json"
	"errors"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/wire"
)

// The models decode amoCRM's shapes (loose scalars, _embedded) and encode to the same shapes, so that a model survives
// a cache as JSON.

// entity decodes an entity into out. PHP writes an empty _embedded as a list: it is left out.
func entity(b []byte, out any) error {
	runtime.Gosched() // an answer holds hundreds, each at 0.3 ms: who else is on this core goes between
	err := json.Unmarshal(b, out)
	if bad, ok := errors.AsType[*json.UnmarshalTypeError](err); !ok || bad.Field != "_embedded" {
		return err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return err
	}
	delete(members, "_embedded")
	rest, err := json.Marshal(members)
	if err != nil {
		return err
	}
	return json.Unmarshal(rest, out)
}

// IDs are other entities, each an object that holds its id.
type IDs []ID

type reference struct {
	ID ID `json:"id"`
}

func (l *IDs) UnmarshalJSON(b []byte) error {
	var list wire.List[reference]
	err := list.UnmarshalJSON(b)
	*l = nil
	for _, r := range list {
		*l = append(*l, r.ID)
	}
	return err
}

func (l IDs) MarshalJSON() ([]byte, error) {
	list := make([]reference, len(l))
	for i, id := range l {
		list[i] = reference{id}
	}
	return json.Marshal(list)
}

func (c *Contact) UnmarshalJSON(b []byte) error {
	type members Contact
	*c = Contact{}
	return entity(b, (*members)(c))
}

func (l *Lead) UnmarshalJSON(b []byte) error {
	type members Lead
	*l = Lead{}
	if err := entity(b, (*members)(l)); err != nil || l.WithCents == "" {
		return err
	}
	return l.Price.UnmarshalJSON([]byte(l.WithCents))
}

// KeepsCents reports whether the account of the lead keeps cents.
func (l Lead) KeepsCents() bool { return l.WithCents != "" }

// LossReason returns why the lead was lost, "" when that is not known.
func (l Lead) LossReason() string {
	if n := len(l.LossReasons); n > 0 {
		return l.LossReasons[n-1].Name
	}
	return ""
}

func (s *Statuses) UnmarshalJSON(b []byte) error {
	var e struct {
		Statuses wire.List[Status] `json:"statuses"`
	}
	err := embedded(b, &e)
	*s = Statuses(e.Statuses)
	slices.SortStableFunc(*s, func(a, b Status) int { return cmp.Compare(a.Sort, b.Sort) })
	return err
}

func (s Statuses) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string][]Status{"statuses": s})
}

type userRights struct {
	IsActive bool `json:"is_active"`
	IsFree   bool `json:"is_free"`
	IsAdmin  bool `json:"is_admin"`
}

func (u *User) UnmarshalJSON(b []byte) error {
	type members User
	aux := struct {
		*members
		Rights json.RawMessage `json:"rights"`
	}{members: (*members)(u)}
	*u = User{}
	if err := json.Unmarshal(b, &aux); err != nil {
		return err
	}
	var r userRights
	if err := embedded(aux.Rights, &r); err != nil {
		return err
	}
	u.IsActive, u.IsFree, u.IsAdmin = r.IsActive, r.IsFree, r.IsAdmin
	return nil
}

func (u User) MarshalJSON() ([]byte, error) {
	type members User
	return json.Marshal(struct {
		members
		Rights userRights `json:"rights"`
	}{members(u), userRights{u.IsActive, u.IsFree, u.IsAdmin}})
}

type accountEmbedded struct {
	Settings struct {
		Timezone   string `json:"timezone"`
		DateFormat string `json:"date_format,omitempty"`
		Misspelt   string `json:"date_formant,omitempty"` // the documentation's sample has it so (amocrm.md §2)
	} `json:"datetime_settings"`
	TaskTypes wire.List[TaskType] `json:"task_types,omitempty"`
}

func (a *Account) UnmarshalJSON(b []byte) error {
	type members Account
	aux := struct {
		*members
		Embedded json.RawMessage `json:"_embedded"`
	}{members: (*members)(a)}
	*a = Account{}
	if err := json.Unmarshal(b, &aux); err != nil {
		return err
	}
	var e struct {
		Settings  json.RawMessage     `json:"datetime_settings"`
		TaskTypes wire.List[TaskType] `json:"task_types"`
	}
	if err := embedded(aux.Embedded, &e); err != nil {
		return err
	}
	var known accountEmbedded
	if err := embedded(e.Settings, &known.Settings); err != nil {
		return err
	}
	a.Timezone, a.TaskTypes = known.Settings.Timezone, e.TaskTypes
	a.DateFormat = cmp.Or(known.Settings.DateFormat, known.Settings.Misspelt)
	return nil
}

func (a Account) MarshalJSON() ([]byte, error) {
	type members Account
	var e accountEmbedded
	e.Settings.Timezone, e.Settings.DateFormat, e.TaskTypes = a.Timezone, a.DateFormat, wire.List[TaskType](a.TaskTypes)
	return json.Marshal(struct {
		members
		Embedded accountEmbedded `json:"_embedded"`
	}{members(a), e})
}

var (
	decimal = regexp.MustCompile(`^-?[0-9]{1,30}(\.[0-9]{1,30})?$`)
	// grouped are thousands with one kind of mark between them, and decimals behind another one.
	grouped   = regexp.MustCompile(`^(-?[0-9]{1,3})((?: [0-9]{3})+|(?:'[0-9]{3})+|(?:\.[0-9]{3})+|(?:,[0-9]{3})+)(?:([.,])([0-9]{1,30}))?$`)
	fraction  = regexp.MustCompile(`^(-?[0-9]{1,30}),([0-9]{1,30})$`)
	thousands = regexp.MustCompile(`^-?[1-9][0-9]{0,2},[0-9]{3}$`)
	blanks    = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "’", "'")
)

// parseDecimal reads a number as people write it ("1 500,50", "1,500.50") and gives it with a point. "1,500" is refused:
// one reader's thousands are another's decimals; and so are digits with spaces between them that are no thousands.
func parseDecimal(s string) (string, bool) {
	s = strings.TrimPrefix(strings.TrimSpace(blanks.Replace(s)), "+")
	if thousands.MatchString(s) {
		return "", false
	}
	if decimal.MatchString(s) {
		return s, true
	}
	if m := fraction.FindStringSubmatch(s); m != nil {
		return m[1] + "." + m[2], true
	}
	m := grouped.FindStringSubmatch(s)
	if m == nil || m[3] == m[2][:1] {
		return "", false
	}
	whole := m[1] + strings.ReplaceAll(m[2], m[2][:1], "")
	if m[4] == "" {
		return whole, true
	}
	return whole + "." + m[4], true
}

// parseBool reads a flag as programs and people write it, in the languages of the texts.
func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "1", "on", "yes", "y", "sí", "si", "sim", "да", "так", "ha":
		return true, true
	case "false", "0", "off", "no", "n", "não", "nao", "нет", "ні", "yoʻq", "yo'q":
		return false, true
	}
	return false, false
}

// UnmarshalJSON takes what wire.Int takes.
func (id *ID) UnmarshalJSON(b []byte) error { return (*wire.Int)(id).UnmarshalJSON(b) }

// UnmarshalJSON takes what wire.Number takes.
func (n *Number) UnmarshalJSON(b []byte) error { return (*wire.Number)(n).UnmarshalJSON(b) }

// UnmarshalJSON takes what wire.Number takes.
func (u *Unix) UnmarshalJSON(b []byte) error {
	var n wire.Number
	err := n.UnmarshalJSON(b)
	*u = Unix(n)
	return err
}

// embedded decodes raw into out when it is an object; PHP writes an empty one as [].
func embedded(raw json.RawMessage, out any) error {
	if !isObject(raw) {
		return nil
	}
	return json.Unmarshal(raw, out)
}
