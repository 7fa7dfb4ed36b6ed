package amocrm

import (
	"encoding/json"

	"github.com/sidecard/sidecard/connector/wire"
)

// ContactInput is what a contact is made or changed with. Zero members are not sent.
type ContactInput struct {
	ID            ID           `json:"id,omitempty"`
	Name          string       `json:"name,omitempty"`
	FirstName     string       `json:"first_name,omitempty"`
	LastName      string       `json:"last_name,omitempty"`
	ResponsibleID ID           `json:"responsible_user_id,omitempty"`
	Fields        []FieldInput `json:"custom_fields_values,omitempty"`
	TagsToAdd     []TagInput   `json:"tags_to_add,omitempty"`
	RequestID     string       `json:"request_id,omitempty"`
}

// LeadInput is what a lead is made or changed with. Zero members are not sent; a Price of "0" is. An account that keeps
// cents takes them in price (1500.5), any other drops them.
// Always send PipelineID and StatusID together (amocrm.md §5.2).
type LeadInput struct {
	ID            ID           `json:"id,omitempty"`
	Name          string       `json:"name,omitempty"`
	Price         json.Number  `json:"price,omitempty"`
	StatusID      ID           `json:"status_id,omitempty"`
	PipelineID    ID           `json:"pipeline_id,omitempty"`
	LossReasonID  ID           `json:"loss_reason_id,omitempty"`
	ResponsibleID ID           `json:"responsible_user_id,omitempty"`
	Fields        []FieldInput `json:"custom_fields_values,omitempty"`
	TagsToAdd     []TagInput   `json:"tags_to_add,omitempty"`
	RequestID     string       `json:"request_id,omitempty"`
	Embedded      *LeadLinks   `json:"_embedded,omitempty"` // create only
}

// LeadLinks joins a new lead to its contact and company. In leads/complex there is at most one of each, and both may be
// new ones: they are then joined to each other as well.
type LeadLinks struct {
	Contacts  []ContactInput `json:"contacts,omitempty"`
	Companies []CompanyInput `json:"companies,omitempty"`
}

// FieldInput is one custom value to write; it holds only the keys that amoCRM takes (amocrm.md §3.5).
type FieldInput struct {
	FieldID   ID           `json:"field_id,omitempty"`
	FieldCode string       `json:"field_code,omitempty"`
	Values    []ValueInput `json:"values"`
}

// ValueInput is one element of values[] to write: exactly one of its forms. Nil Values of a FieldInput are sent as null,
// which clears the field.
type ValueInput struct {
	Value            any    `json:"value,omitempty"`
	EnumID           ID     `json:"enum_id,omitempty"`
	EnumCode         string `json:"enum_code,omitempty"`
	CatalogID        ID     `json:"catalog_id,omitempty"` // chained lists
	CatalogElementID ID     `json:"catalog_element_id,omitempty"`
}

// TagInput names a tag.
type TagInput struct {
	Name string `json:"name"`
}

// Created is one element of a create answer, in the order sent.
type Created struct {
	ID        ID        `json:"id"`
	RequestID wire.Text `json:"request_id"`
}

// ComplexResult is one element of the bare array of POST /leads/complex (amocrm.md §5.3).
type ComplexResult struct {
	ID         ID       `json:"id"`
	ContactID  ID       `json:"contact_id"`
	CompanyID  ID       `json:"company_id"`
	RequestIDs []string `json:"request_id"`
	Merged     bool     `json:"merged"`
}

// NoteInput is a note to write. Params keys depend on Type ("common": text).
type NoteInput struct {
	EntityID  ID             `json:"entity_id,omitempty"`
	Type      string         `json:"note_type"`
	Params    map[string]any `json:"params"`
	RequestID string         `json:"request_id,omitempty"`
}
