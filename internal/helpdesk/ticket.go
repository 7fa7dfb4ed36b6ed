package helpdesk

// Client is the helpdesk's client of a ticket. ID 0 means that the helpdesk did not say who it is: nothing can be linked
// to or remembered for such a client.
type Client struct {
	ID         int64
	Name       string
	Company    string
	Position   string
	Phones     []string // as stored in the helpdesk, any format
	Emails     []string
	Messengers []Messenger
	Sites      []string
}

// Messenger is an account in a messenger: Type "telegram", "whatsapp", "viber", "skype" or anything else.
type Messenger struct{ Type, ID string }

// Ticket is what the helpdesk told about the ticket in front of the agent. LastMessage is what the client wrote last, as
// plain text, empty when it is not known. Fields are the values of the helpdesk's own fields by their id; a ticket from
// the block has none.
type Ticket struct {
	ID          int64
	Subject     string
	Channel     string
	Client      Client
	LastMessage string
	Fields      map[int64]string `json:",omitempty"`
}
