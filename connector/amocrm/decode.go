package amocrm

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/sidecard/sidecard/connector/wire"
)

// The models decode amoCRM's shapes (loose scalars, _embedded) and encode to the same shapes, so that a model survives
// a cache as JSON.

type reference struct {
	ID ID `json:"id"`
}

type contactEmbedded struct {
	Tags      wire.List[Tag]       `json:"tags,omitempty"`
	Leads     wire.List[reference] `json:"leads,omitempty"`
	Companies wire.List[reference] `json:"companies,omitempty"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Contact) UnmarshalJSON(b []byte) error {
	type members Contact
	aux := struct {
		*members
		CreatedAt     Number          `json:"created_at"`
		UpdatedAt     Number          `json:"updated_at"`
		ClosestTaskAt Number          `json:"closest_task_at"`
		Embedded      json.RawMessage `json:"_embedded"`
	}{members: (*members)(c)}
	*c = Contact{}
	if err := json.Unmarshal(b, &aux); err != nil {
		return err
	}
	c.CreatedAt, c.UpdatedAt, c.ClosestTaskAt = int64(aux.CreatedAt), int64(aux.UpdatedAt), seconds(aux.ClosestTaskAt)
	var e contactEmbedded
	if err := embedded(aux.Embedded, &e); err != nil {
		return err
	}
	c.Tags, c.LeadIDs, c.CompanyIDs = e.Tags, idsOf(e.Leads), idsOf(e.Companies)
	return nil
}

// MarshalJSON implements json.Marshaler.
func (c Contact) MarshalJSON() ([]byte, error) {
	type members Contact
	return json.Marshal(struct {
		members
		Embedded contactEmbedded `json:"_embedded"`
	}{members(c), contactEmbedded{c.Tags, references(c.LeadIDs), references(c.CompanyIDs)}})
}

type leadEmbedded struct {
	Tags       wire.List[Tag]        `json:"tags,omitempty"`
	Contacts   wire.List[LeadMember] `json:"contacts,omitempty"`
	Companies  wire.List[reference]  `json:"companies,omitempty"`
	LossReason wire.List[LossReason] `json:"loss_reason,omitempty"` // an array, though documented as an object
}

// UnmarshalJSON implements json.Unmarshaler.
func (l *Lead) UnmarshalJSON(b []byte) error {
	type members Lead
	aux := struct {
		*members
		CreatedAt     Number          `json:"created_at"`
		UpdatedAt     Number          `json:"updated_at"`
		ClosedAt      Number          `json:"closed_at"`
		ClosestTaskAt Number          `json:"closest_task_at"`
		WithCents     json.RawMessage `json:"price_with_minor_units"`
		Embedded      json.RawMessage `json:"_embedded"`
	}{members: (*members)(l)}
	*l = Lead{}
	if err := json.Unmarshal(b, &aux); err != nil {
		return err
	}
	l.CreatedAt, l.UpdatedAt = int64(aux.CreatedAt), int64(aux.UpdatedAt)
	l.ClosedAt, l.ClosestTaskAt = seconds(aux.ClosedAt), seconds(aux.ClosestTaskAt)
	if l.KeepsCents = wire.Scalar(aux.WithCents) != ""; l.KeepsCents {
		if err := json.Unmarshal(aux.WithCents, &l.Price); err != nil {
			return err
		}
	}
	var e leadEmbedded
	if err := embedded(aux.Embedded, &e); err != nil {
		return err
	}
	l.Tags, l.Contacts, l.CompanyIDs = e.Tags, e.Contacts, idsOf(e.Companies)
	for _, r := range e.LossReason {
		l.LossReason = r.Name
	}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (l Lead) MarshalJSON() ([]byte, error) {
	type members Lead
	e := leadEmbedded{Tags: l.Tags, Contacts: l.Contacts, Companies: references(l.CompanyIDs)}
	if l.LossReason != "" {
		e.LossReason = wire.List[LossReason]{{ID: l.LossReasonID, Name: l.LossReason}}
	}
	out := struct {
		members
		WithCents *Number      `json:"price_with_minor_units,omitempty"`
		Embedded  leadEmbedded `json:"_embedded"`
	}{members: members(l), Embedded: e}
	if l.KeepsCents {
		out.WithCents = &l.Price
	}
	return json.Marshal(out)
}

type pipelineEmbedded struct {
	Statuses wire.List[Status] `json:"statuses"`
}

// UnmarshalJSON implements json.Unmarshaler; stages come in their Sort order.
func (p *Pipeline) UnmarshalJSON(b []byte) error {
	type members Pipeline
	aux := struct {
		*members
		Sort     Number          `json:"sort"`
		Embedded json.RawMessage `json:"_embedded"`
	}{members: (*members)(p)}
	*p = Pipeline{}
	if err := json.Unmarshal(b, &aux); err != nil {
		return err
	}
	p.Sort = int(aux.Sort)
	var e pipelineEmbedded
	if err := embedded(aux.Embedded, &e); err != nil {
		return err
	}
	p.Statuses = e.Statuses
	slices.SortStableFunc(p.Statuses, func(a, b Status) int { return a.Sort - b.Sort })
	return nil
}

// MarshalJSON implements json.Marshaler.
func (p Pipeline) MarshalJSON() ([]byte, error) {
	type members Pipeline
	return json.Marshal(struct {
		members
		Embedded pipelineEmbedded `json:"_embedded"`
	}{members(p), pipelineEmbedded{p.Statuses}})
}

type userRights struct {
	IsActive bool `json:"is_active"`
	IsFree   bool `json:"is_free"`
	IsAdmin  bool `json:"is_admin"`
}

// UnmarshalJSON implements json.Unmarshaler.
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

// MarshalJSON implements json.Marshaler.
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

// UnmarshalJSON implements json.Unmarshaler.
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

// MarshalJSON implements json.Marshaler.
func (a Account) MarshalJSON() ([]byte, error) {
	type members Account
	var e accountEmbedded
	e.Settings.Timezone, e.Settings.DateFormat, e.TaskTypes = a.Timezone, a.DateFormat, wire.List[TaskType](a.TaskTypes)
	return json.Marshal(struct {
		members
		Embedded accountEmbedded `json:"_embedded"`
	}{members(a), e})
}

func idsOf(refs []reference) []ID {
	var out []ID
	for _, r := range refs {
		out = append(out, r.ID)
	}
	return out
}

func references(ids []ID) wire.List[reference] {
	var out wire.List[reference]
	for _, id := range ids {
		out = append(out, reference{id})
	}
	return out
}
