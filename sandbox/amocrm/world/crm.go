package world

import (
	"encoding/json"
)

// User is a CRM user.
type User struct {
	ID          int64
	Name, Email string
	Admin       bool
	Active      bool
	Free        bool
}

// Pipeline holds its stages in order, Unsorted first and 142/143 last.
type Pipeline struct {
	ID         int64
	Name       string
	Sort       int64
	Main       bool
	UnsortedOn bool
	Archive    bool
	Statuses   []*Status
}

// Status is a stage; Type 1 is Unsorted.
type Status struct {
	ID    int64
	Name  string
	Sort  int64
	Color string
	Type  int
	Edit  bool
}

// LossReason explains a lead in status 143.
type LossReason struct {
	ID        int64
	Name      string
	Sort      int64
	CreatedAt int64
	UpdatedAt int64 // 0 never
}

// Field is a custom field definition.
type Field struct {
	ID         int64
	Name       string
	Code       string
	Type       string
	Sort       int64
	Currency   string
	Enums      []*Enum
	Required   []RequiredStatus
	Predefined bool
	GroupID    string // empty is the predefined group
}

// RequiredStatus is one element of required_statuses.
type RequiredStatus struct {
	StatusID   int64 `json:"status_id"`
	PipelineID int64 `json:"pipeline_id"`
}

// Enum is a choice of a list field.
type Enum struct {
	ID    int64
	Value string
	Code  string
	Sort  int64
}

// FieldValue is a stored custom value: values[] in the shape in which reads send it.
type FieldValue struct {
	FieldID int64
	Values  []map[string]any
}

// Base is what contacts, companies and leads share.
type Base struct {
	ID                   int64
	Name                 string
	Responsible          int64
	CreatedBy, UpdatedBy int64
	CreatedAt, UpdatedAt int64
	Deleted              bool
	Fields               []FieldValue
	Tags                 []int64
	Elements             []ElementLink
}

// Company is a CRM company.
type Company struct{ Base }

// Contact is a CRM contact.
type Contact struct {
	Base
	FirstName, LastName string
	CompanyID           int64 // 0 none
	MadeAt              int64 // unix ms of the API write that made it; query finds it an index lag later
}

// Lead is a deal.
type Lead struct {
	Base
	Price        int64
	Cents        int64 // of the price, 0 where the account keeps none
	PipelineID   int64
	StatusID     int64
	LossReasonID int64
	ClosedAt     int64
	CompanyID    int64
	Contacts     []LeadContact
}

// Sale is the price with its cents.
func (l *Lead) Sale() float64 { return float64(l.Price*100+l.Cents) / 100 }

// LeadContact links a contact to a lead.
type LeadContact struct {
	ID     int64
	IsMain bool
}

// Note is a note of any type. Entity is plural: leads, contacts, companies.
type Note struct {
	ID                   int64
	Entity               string
	EntityID             int64
	Type                 string
	Params               map[string]any
	CreatedBy, UpdatedBy int64
	CreatedAt, UpdatedAt int64
	Responsible          int64
	Pinned               bool
}

// Task is a task. Entity is plural or empty.
type Task struct {
	ID                   int64
	Entity               string
	EntityID             int64
	Text                 string
	Type                 int64
	Responsible          int64
	CompleteTill         int64
	Duration             int64
	Completed            bool
	Result               string
	CreatedBy, UpdatedBy int64
	CreatedAt, UpdatedAt int64
}

// Tag is a tag of one entity kind.
type Tag struct {
	ID    int64
	Name  string
	Color string
}

// Event is one line of the audit feed. Entity is singular: lead, contact, company, task.
type Event struct {
	ID        string
	Type      string
	Entity    string
	EntityID  int64
	CreatedBy int64
	CreatedAt int64
	After     json.RawMessage
	Before    json.RawMessage
}

// Hook is a webhook subscription.
type Hook struct {
	ID                   int64
	Destination          string
	Settings             []string
	Sort                 int64
	Disabled             bool
	CreatedBy            int64
	CreatedAt, UpdatedAt int64
	Failures             []int64 // times of bad answers within the last two hours
}

// Unsorted is an incoming lead.
type Unsorted struct {
	UID        string
	Category   string
	SourceUID  string
	SourceName string
	PipelineID int64
	CreatedAt  int64
	Metadata   json.RawMessage
	LeadID     int64
	ContactID  int64
	Outcome    string // accepted or declined; empty while it waits
	SettledAt  int64
}

// Change is something that happened to an entity, as webhooks tell it (amocrm.md §7.2).
type Change struct {
	Entity         string // leads, contacts, companies, tasks
	Action         string // add, update, status, responsible, note, delete, restore
	ID             int64
	OldStatus      int64 // of a status change
	OldPipeline    int64
	OldResponsible int64 // of a change of the responsible user
	NoteID         int64 // of an added note
	By             int64 // user who did it
}
