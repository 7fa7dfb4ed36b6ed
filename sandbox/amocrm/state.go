package amocrm

import (
	"encoding/json"
	"time"
)

// World is everything the local amoCRM remembers. It is plain data, so that it can be saved as one JSON file.
// All access goes through a kit.State.
type World struct {
	Accounts     []*Account              `json:"accounts"`
	Integrations map[string]*Integration `json:"integrations"` // by client id
	Codes        map[string]*Code        `json:"codes"`        // authorisation codes
	Refresh      map[string]*Refresh     `json:"refresh"`      // refresh tokens, used ones too (they stay known as used)
	Access       map[string]*Access      `json:"access"`       // access tokens by jti; absent = never issued
	SigningKey   []byte                  `json:"signing_key"`  // of the access tokens (HS256: clients can't verify anyway)
	NextID       int64                   `json:"next_id"`      // ids of everything made after the seed

	// What a restart forgets.
	Epoch    int64         `json:"-"` // grows with every reset, so that what was under way for the old world can tell
	IndexLag time.Duration `json:"-"` // how long a new contact stays hidden from query
	Rate     int           `json:"-"` // the 429 threshold that a control call set; 0 is none
}

// Integration is an OAuth client. Account is 0 for one that any account may install.
type Integration struct {
	ID, Secret, Name, RedirectURI string
	Account                       int64
	External                      bool     // made by the button with metadata
	Scopes                        []string // of the access tokens; empty is everything
	DisconnectURI                 string   // GET hook of the reference §1.10, optional
}

// Code is an authorisation code: 20 minutes, one exchange.
type Code struct {
	Value, ClientID string
	Account, User   int64
	IssuedAt        int64
	Used            bool
}

// Refresh is a refresh token: three months, single use.
type Refresh struct {
	Value, ClientID string
	Account, User   int64
	IssuedAt        int64
	Used, Revoked   bool
}

// Access is what the server knows of an issued access token.
type Access struct {
	JTI, ClientID string
	Account, User int64
	ExpiresAt     int64
	Revoked       bool
}

// Account is one CRM account with its data. Hosts are compared with the request's Host header.
type Account struct {
	ID           int64
	Host         string // host:port a client uses, e.g. 127.0.0.1:8081
	Name         string
	Subdomain    string
	Former       []string // hosts and subdomains before a renaming, which lead nowhere unless another account has them
	Country      string
	Currency     string
	CurrencySign string
	Timezone     string
	Language     string
	FilterOn     bool
	Cents        bool // prices keep cents
	TariffEnded  bool // writes answer 402
	ReadsBlocked bool // reads answer 402 too, as some 30 days after the tariff's end

	Users       []*User
	Pipelines   []*Pipeline
	LossReasons []*LossReason
	Fields      map[string][]*Field      // by entity: leads, contacts, companies, and a catalog's kind
	FieldGroups map[string][]*FieldGroup // likewise; the predefined one only once it was changed
	Companies   map[int64]*Company
	Contacts    map[int64]*Contact
	Leads       map[int64]*Lead
	Notes       map[int64]*Note
	Tasks       map[int64]*Task
	Tags        map[string][]*Tag // by entity
	Events      []*Event          // oldest first
	Unsorted    map[string]*Unsorted
	Settled     []*Unsorted // those that wait no more, oldest first
	Hooks       []*Hook
	Catalogs    []*Catalog
}

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
type Company struct {
	Base
}

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
