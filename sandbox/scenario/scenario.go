// Package scenario is the story both sandboxes tell: one amoCRM account with people and deals, a second one for
// isolation tests, and a helpdesk whose clients overlap with them in every way that makes matching hard.
//
// It is plain data. The amoCRM and the Usedesk sandbox each turn it into their own state; neither knows the other.
package scenario

// Account is one amoCRM account of the story.
type Account struct {
	ID           int64
	Name         string
	Subdomain    string
	Country      string // ISO 3166-1 alpha-2, upper case
	Currency     string // ISO 4217
	CurrencySign string
	Timezone     string // IANA name
	Language     string
	FilterOn     bool // is_api_filter_enabled
	Cents        bool // prices have two decimals: price_with_minor_units
	Users        []User
	Pipelines    []Pipeline
	LossReasons  []Named
	LeadFields   []Field
	ContactField []Field
	CompanyField []Field
	Companies    []Company
	Contacts     []Contact
	Leads        []Lead
	Notes        []Note
	Tasks        []Task
}

// Named is an id with a name.
type Named struct {
	ID   int64
	Name string
}

// User is a CRM user. Only active users who are not free may be responsible for a lead.
type User struct {
	ID              int64
	Name, Email     string
	Admin, Inactive bool
	Free            bool
}

// Pipeline lists its own stages in order; Unsorted and 142/143 are added by the sandbox.
type Pipeline struct {
	ID         int64
	Name       string
	Main       bool
	UnsortedID int64
	Statuses   []Status
}

// Status is a pipeline stage. Color is one of amoCRM's palette, "#rrggbb".
type Status struct {
	ID    int64
	Name  string
	Color string
}

// Field is a custom field definition. Type is amoCRM's name of it.
type Field struct {
	ID       int64
	Name     string
	Code     string
	Type     string
	Currency string // monetary
	Enums    []Enum
	// Required lists the pipeline/status pairs whose entry requires the field (required_statuses).
	Required []PipelineStatus
}

// Enum is one choice of a list field.
type Enum struct {
	ID    int64
	Value string
	Code  string
}

// PipelineStatus names a stage by the pair that identifies it.
type PipelineStatus struct{ PipelineID, StatusID int64 }

// Value is a custom field's value as amoCRM would take it: each element one object of values[].
type Value struct {
	FieldID int64
	Values  []map[string]any
}

// Company is a CRM company.
type Company struct {
	ID     int64
	Name   string
	Fields []Value
}

// Contact is a CRM contact. Phones and e-mails go to the predefined PHONE and EMAIL fields, enum WORK.
type Contact struct {
	ID          int64
	Name        string
	Phones      []string
	Emails      []string
	Position    string
	CompanyID   int64
	Responsible int64
	Tags        []string
	Fields      []Value
}

// Lead is a deal. Age is how many hours before the start of the sandbox it was made.
type Lead struct {
	ID          int64
	Name        string
	Price       int64
	PipelineID  int64
	StatusID    int64
	LossReason  int64
	Contacts    []int64 // first is main
	CompanyID   int64
	Responsible int64
	Age         int
	Tags        []string
	Fields      []Value
}

// Note is a note on a lead or contact. Type is amoCRM's note_type, Entity "leads" or "contacts".
type Note struct {
	Entity   string
	EntityID int64
	Type     string
	Params   map[string]any
	Author   int64
	Age      int // hours before start
}

// Task hangs on a lead or contact. Due is hours from the start of the sandbox, negative is overdue.
type Task struct {
	Entity      string
	EntityID    int64
	Text        string
	Type        int64
	Responsible int64
	Due         int
	Done        bool
}

// Client is a helpdesk client.
type Client struct {
	ID         int64
	Name       string
	Company    string
	Position   string
	Emails     []string
	Phones     []Phone
	Messengers []Messenger
	Socials    []Social
	Sites      []string
}

// Phone is a helpdesk phone; Type is home, mobile, stationary, fax or other.
type Phone struct{ Type, Number string }

// Messenger is a helpdesk messenger account.
type Messenger struct{ Type, Identity string }

// Social is a helpdesk social network profile.
type Social struct{ Type, URL, UID string }

// Ticket is a helpdesk ticket. Scenario is its key in /_sandbox/info, for example "unknown_client".
type Ticket struct {
	ID       int64
	Scenario string
	Title    string // what the scenario shows, for the person who clicks
	Subject  string
	ClientID int64
	Channel  string // email, chat, telephony, usedesk_tg, whatsapp ...
	StatusID int64
	Age      int // hours before start
	Messages []Message
	Fields   map[int64]string // ticket field id -> value
}

// Message is one line of a ticket's conversation. From is client or user.
type Message struct {
	From string
	HTML string
}

// World is the whole story.
type World struct {
	Accounts []Account
	Clients  []Client
	Tickets  []Ticket
	// TicketFields are the helpdesk's own custom fields: id -> name.
	TicketFields map[int64]string
}

// Fixed names of the story, shared by both sandboxes and by the demo.
const (
	// IntegrationID is the integration that the demo is configured with; the published rule example names it.
	IntegrationID = "1ff6828b-c10c-43f8-98d0-370001e85b6c"
	// IntegrationSecret belongs to IntegrationID. It opens nothing outside the sandbox.
	IntegrationSecret = "sandbox-secret-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"
	// DeskToken is the api_token of the sandbox helpdesk.
	DeskToken = "sandbox-usedesk-token"
)
