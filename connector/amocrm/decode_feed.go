package amocrm

import (
	"encoding/json"

	"github.com/sidecard/sidecard/connector/wire"
)

// UnmarshalJSON implements json.Unmarshaler.
func (n *Note) UnmarshalJSON(b []byte) error {
	type members Note
	aux := struct {
		*members
		CreatedAt Number `json:"created_at"`
		UpdatedAt Number `json:"updated_at"`
	}{members: (*members)(n)}
	*n = Note{}
	if err := json.Unmarshal(b, &aux); err != nil {
		return err
	}
	n.CreatedAt, n.UpdatedAt = int64(aux.CreatedAt), int64(aux.UpdatedAt)
	return nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *Event) UnmarshalJSON(b []byte) error {
	type members Event
	aux := struct {
		*members
		ID        wire.Text `json:"id"`
		CreatedAt Number    `json:"created_at"`
	}{members: (*members)(e)}
	*e = Event{}
	if err := json.Unmarshal(b, &aux); err != nil {
		return err
	}
	e.ID, e.CreatedAt = string(aux.ID), int64(aux.CreatedAt)
	return nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Task) UnmarshalJSON(b []byte) error {
	type members Task
	aux := struct {
		*members
		CompleteTill Number `json:"complete_till"`
		CreatedAt    Number `json:"created_at"`
	}{members: (*members)(t)}
	*t = Task{}
	if err := json.Unmarshal(b, &aux); err != nil {
		return err
	}
	t.CompleteTill, t.CreatedAt = int64(aux.CompleteTill), int64(aux.CreatedAt)
	return nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Status) UnmarshalJSON(b []byte) error {
	type members Status
	aux := struct {
		*members
		Sort Number `json:"sort"`
		Type Number `json:"type"`
	}{members: (*members)(s)}
	*s = Status{}
	if err := json.Unmarshal(b, &aux); err != nil {
		return err
	}
	s.Sort, s.Type = int(aux.Sort), int(aux.Type)
	return nil
}
