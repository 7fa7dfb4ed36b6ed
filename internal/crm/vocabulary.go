package crm

import "github.com/sidecard/sidecard/connector/amocrm"

// The parts of a vocabulary, and values as its fields take them. They are amoCRM's own: there is one CRM.
type (
	ID         = amocrm.ID
	User       = amocrm.User
	Pipeline   = amocrm.Pipeline
	Status     = amocrm.Status
	Field      = amocrm.Field
	FieldInput = amocrm.FieldInput
	ValueInput = amocrm.ValueInput
	ValueError = amocrm.ValueError
)

// Unsorted reports whether a stage is the one for incoming leads, in which amoCRM makes no deal by itself.
func Unsorted(s Status) bool { return s.Type == amocrm.StatusTypeUnsorted }

// Closed reports whether deals in a stage are won or lost.
func Closed(s Status) bool { return s.ID == amocrm.StatusWon || s.ID == amocrm.StatusLost }

// AddressParts are the codes of the lines of an address.
var AddressParts = amocrm.AddressParts
