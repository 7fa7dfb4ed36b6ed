package people

import "github.com/sidecard/sidecard/internal/helpdesk"

// Draft is the form of a new contact.
type Draft struct {
	Name          string
	Phones        []string
	Emails        []string
	Position      string
	Company       string
	Messengers    []helpdesk.Messenger
	Sites         []string
	ResponsibleID int64
	Fields        map[int64][]string // custom fields that a mapping fills, by field id
	Others        []int64            // contacts with one of its phones or e-mails that the person has seen, and means another
}
