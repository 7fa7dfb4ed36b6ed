package amocrm

import (
	"encoding/json"

	"github.com/sidecard/sidecard/connector/wire"
)

// ID is an amoCRM id; it fits in int64 and may arrive as a JSON string or number.
type ID int64

// Number is a JSON number, string or false/""/null for none.
type Number float64

// Unix is a time in Unix seconds, spelled like a Number; 0 is none.
type Unix int64

// Contact is a contact of amocrm.md §4.1.
type Contact struct {
	ID            ID          `json:"id"`
	Name          string      `json:"name"`
	FirstName     string      `json:"first_name"`
	LastName      string      `json:"last_name"`
	ResponsibleID ID          `json:"responsible_user_id"`
	CreatedBy     ID          `json:"created_by"` // 0: a robot, an integration, or not told
	CreatedAt     Unix        `json:"created_at"`
	UpdatedAt     Unix        `json:"updated_at"`
	ClosestTaskAt Unix        `json:"closest_task_at"`
	IsDeleted     bool        `json:"is_deleted"`
	AccountID     ID          `json:"account_id"`
	Fields        FieldValues `json:"custom_fields_values"`

	ContactEmbedded `json:"_embedded"`
}

// ContactEmbedded is what a contact is linked with.
type ContactEmbedded struct {
	Tags       wire.List[Tag] `json:"tags,omitempty"`
	LeadIDs    IDs            `json:"leads,omitempty"` // with=leads
	CompanyIDs IDs            `json:"companies,omitempty"`
}

// Lead is a deal of amocrm.md §5.1. Price is in units of the account's currency, with cents where the account keeps them.
type Lead struct {
	ID            ID          `json:"id"`
	Name          string      `json:"name"`
	Price         Number      `json:"price"`
	WithCents     wire.Text   `json:"price_with_minor_units,omitempty"` // the price again, where the account keeps cents
	ResponsibleID ID          `json:"responsible_user_id"`
	StatusID      ID          `json:"status_id"`
	PipelineID    ID          `json:"pipeline_id"`
	LossReasonID  ID          `json:"loss_reason_id"`
	CreatedBy     ID          `json:"created_by"`
	CreatedAt     Unix        `json:"created_at"`
	UpdatedAt     Unix        `json:"updated_at"`
	ClosedAt      Unix        `json:"closed_at"`
	ClosestTaskAt Unix        `json:"closest_task_at"`
	IsDeleted     bool        `json:"is_deleted"`
	AccountID     ID          `json:"account_id"`
	Fields        FieldValues `json:"custom_fields_values"`

	LeadEmbedded `json:"_embedded"`
}

// LeadEmbedded is what a lead is linked with.
type LeadEmbedded struct {
	Tags        wire.List[Tag]        `json:"tags,omitempty"`
	Contacts    wire.List[LeadMember] `json:"contacts,omitempty"` // with=contacts
	CompanyIDs  IDs                   `json:"companies,omitempty"`
	LossReasons wire.List[LossReason] `json:"loss_reason,omitempty"` // with=loss_reason: one, though documented as an object
}

// LeadMember is a contact of a lead.
type LeadMember struct {
	ID     ID   `json:"id"`
	IsMain bool `json:"is_main"`
}

// Tag is a tag of an entity.
type Tag struct {
	ID    ID     `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
}

// FieldValues are the custom values of an entity.
type FieldValues = wire.List[FieldValue]

// FieldValue is one field's values in their raw shape (amocrm.md §3.5). FieldType is amoCRM's name of the type; unknown
// types keep their raw values.
type FieldValue struct {
	FieldID   ID      `json:"field_id"`
	FieldName string  `json:"field_name,omitempty"`
	FieldCode string  `json:"field_code,omitempty"`
	FieldType string  `json:"field_type,omitempty"`
	Values    []Value `json:"values"`
}

// Value is one element of values[]. Raw is the "value" member as it came.
type Value struct {
	Raw      json.RawMessage `json:"value,omitempty"`
	EnumID   ID              `json:"enum_id,omitempty"`
	EnumCode string          `json:"enum_code,omitempty"`
	// Rest keeps members other than the three above (chained lists: catalog_id, catalog_element_id).
	Rest map[string]json.RawMessage `json:"-"`
}

// Field is a custom field definition of amocrm.md §3.4.
type Field struct {
	ID               ID                        `json:"id"`
	Name             string                    `json:"name"`
	Code             string                    `json:"code"`
	Type             string                    `json:"type"`
	Sort             Number                    `json:"sort"`
	EntityType       string                    `json:"entity_type"`
	IsAPIOnly        bool                      `json:"is_api_only"`
	IsComputed       bool                      `json:"is_computed"`
	IsPredefined     bool                      `json:"is_predefined"`
	Currency         string                    `json:"currency"`
	Enums            Enums                     `json:"enums"`
	RequiredStatuses wire.List[PipelineStatus] `json:"required_statuses"`
}

// Enums are the choices of a list field in their order.
type Enums []Enum

// Enum is a choice of a list field.
type Enum struct {
	ID    ID     `json:"id"`
	Value string `json:"value"`
	Sort  int    `json:"sort"`
	Code  string `json:"code"`
}

// PipelineStatus names a stage by the pair that identifies it.
type PipelineStatus struct {
	PipelineID ID `json:"pipeline_id"`
	StatusID   ID `json:"status_id"`
}

// Statuses that exist in every pipeline, and the type of Unsorted (amocrm.md §3.2).
const (
	StatusWon          ID = 142
	StatusLost         ID = 143
	StatusTypeUnsorted    = 1
)

// Pipeline is a sales pipeline with its stages in order.
type Pipeline struct {
	ID        ID       `json:"id"`
	Name      string   `json:"name"`
	Sort      Number   `json:"sort"`
	IsMain    bool     `json:"is_main"`
	IsArchive bool     `json:"is_archive"`
	Statuses  Statuses `json:"_embedded"`
}

// Statuses are the stages of a pipeline in their order.
type Statuses []Status

// Status is a stage of a pipeline. Color is "#rrggbb" in any case.
type Status struct {
	ID         ID     `json:"id"`
	Name       string `json:"name"`
	Sort       Number `json:"sort"`
	Color      string `json:"color"`
	Type       Number `json:"type"`
	PipelineID ID     `json:"pipeline_id"`
}

// LossReason is why leads are lost (amocrm.md §3.3).
type LossReason struct {
	ID   ID     `json:"id"`
	Name string `json:"name"`
	Sort int    `json:"sort"`
}

// User is a CRM user (amocrm.md §3.1).
type User struct {
	ID       ID     `json:"id"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	IsActive bool   `json:"-"`
	IsFree   bool   `json:"-"`
	IsAdmin  bool   `json:"-"`
}

// Account is the answer of GET /account (amocrm.md §2). Currency is ISO 4217 or empty; Timezone is an IANA name or empty;
// DateFormat is in PHP's letters ("d.m.Y") or empty.
type Account struct {
	ID             ID         `json:"id"`
	Name           string     `json:"name"`
	Subdomain      string     `json:"subdomain"`
	CurrentUserID  ID         `json:"current_user_id"`
	Country        string     `json:"country"`
	Currency       string     `json:"currency"`
	CurrencySymbol string     `json:"currency_symbol"`
	Language       string     `json:"language"`
	FilterEnabled  bool       `json:"is_api_filter_enabled"`
	LossReasons    bool       `json:"is_loss_reason_enabled"`
	Timezone       string     `json:"-"`
	DateFormat     string     `json:"-"`
	TaskTypes      []TaskType `json:"-"`
}

// TaskType is a kind of task of the account (amocrm.md §2).
type TaskType struct {
	ID   ID     `json:"id"`
	Name string `json:"name"`
	Code string `json:"code"`
}

// Note is a note (amocrm.md §6.1). Params stay raw: their keys depend on Type.
type Note struct {
	ID        ID              `json:"id"`
	EntityID  ID              `json:"entity_id"`
	CreatedBy ID              `json:"created_by"`
	CreatedAt Unix            `json:"created_at"`
	UpdatedAt Unix            `json:"updated_at"`
	Type      string          `json:"note_type"`
	Params    json.RawMessage `json:"params"`
}

// Event is a line of the audit feed (amocrm.md §6.2). Before and After are raw: array, object or null.
type Event struct {
	ID         wire.Text       `json:"id"`
	Type       string          `json:"type"`
	EntityID   ID              `json:"entity_id"`
	EntityType string          `json:"entity_type"`
	CreatedBy  ID              `json:"created_by"`
	CreatedAt  Unix            `json:"created_at"`
	After      json.RawMessage `json:"value_after"`
	Before     json.RawMessage `json:"value_before"`
}

// Task is a task (amocrm.md §6.3).
type Task struct {
	ID            ID     `json:"id"`
	EntityID      ID     `json:"entity_id"`
	EntityType    string `json:"entity_type"`
	Text          string `json:"text"`
	TypeID        ID     `json:"task_type_id"`
	ResponsibleID ID     `json:"responsible_user_id"`
	CompleteTill  Unix   `json:"complete_till"`
	CreatedBy     ID     `json:"created_by"`
	CreatedAt     Unix   `json:"created_at"`
	IsCompleted   bool   `json:"is_completed"`
}
