package usedesk

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Ticket statuses (usedesk.md §2.2) that the work here knows.
const (
	statusOpen    int64 = 1
	statusSolved  int64 = 2
	statusClosed  int64 = 3
	statusHold    int64 = 5
	statusPending int64 = 6
	statusNew     int64 = 8
)

var statusNames = map[int64]string{
	statusOpen: "Open", statusSolved: "Solved", statusClosed: "Closed", 4: "Deleted", statusHold: "On hold",
	statusPending: "Pending", 7: "Spam", statusNew: "New", 9: "Mailing", 10: "Merged",
}

// channels are the channels of the account by type; the id is what a block request calls channel_id.
var channels = map[string]struct {
	id      int64
	address string
}{
	"email": {7, "support@example.com"}, "chat": {8, ""}, "telephony": {9, "+79990000001"}, "usedesk_tg": {10, "@example_bot"},
	"whatsapp": {11, "+79990000002"}, "instagram": {12, "example"}, "api": {13, ""},
}

// apiTime is the API's time format, UTC (usedesk.md §2.1).
func apiTime(unix int64) string { return time.Unix(unix, 0).UTC().Format("2006-01-02 15:04:05") }

func idString(id int64) string { return strconv.FormatInt(id, 10) }

// idOrNull is nil for 0, else the id as a string, as ticket rows have it.
func idOrNull(id int64) any {
	if id == 0 {
		return nil
	}
	return idString(id)
}

// address is where the client wrote from: e-mail, else phone, else messenger.
func (c *client) address() string {
	from := append(slices.Clone(c.Emails), c.phone())
	if len(c.Messengers) > 0 {
		from = append(from, c.Messengers[0].Identity)
	}
	return cmp.Or(from...)
}

// email is the first e-mail address, or empty.
func (c *client) email() string {
	if len(c.Emails) > 0 {
		return c.Emails[0]
	}
	return ""
}

// phone is the first phone number, or empty.
func (c *client) phone() string {
	if len(c.Phones) > 0 {
		return c.Phones[0].Number
	}
	return ""
}
