package tenant

// Settings are a company's choices. The zero value is a company that chose nothing; every member may be missing in the
// stored form, so that a tenant stored before the member existed still opens.
type Settings struct {
	Region     string `json:"region,omitempty"`      // phone region such as "RU"; "" follows the amoCRM account's country
	Language   string `json:"language,omitempty"`    // "" follows the block's own parameter
	MaskPhones bool   `json:"mask_phones,omitempty"` // agents see "+7 ••• •••-45-67"

	// Where a new deal begins. Ids that are gone from the account count as not chosen; PipelineID and StatusID go together.
	PipelineID    int64  `json:"pipeline_id,omitempty"`
	StatusID      int64  `json:"status_id,omitempty"`
	ResponsibleID int64  `json:"responsible_id,omitempty"`
	DealName      string `json:"deal_name,omitempty"` // template of a new deal's name; "" is the ticket's subject

	// Ordered ids of what is shown of a deal; nil is the default.
	ListLayout []string `json:"list_layout,omitempty"`
	CardLayout []string `json:"card_layout,omitempty"`

	Mapping []FieldMap `json:"mapping,omitempty"`

	// CommentBack has the outcome of a rule's job written to its ticket as a private comment.
	CommentBack bool `json:"comment_back,omitempty"`
}

// FieldMap fills a custom field of amoCRM from what the helpdesk knows: From is a name of its own ("client.company",
// "ticket.id"), Entity is "contact" or "lead".
type FieldMap struct {
	From    string `json:"from"`
	Entity  string `json:"entity"`
	FieldID int64  `json:"field_id"`
}
