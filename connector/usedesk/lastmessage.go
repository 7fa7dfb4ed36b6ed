package usedesk

import (
	"net/url"
	"strconv"
	"strings"
)

// LastFromClient returns what the client wrote last, as it came; "" when there is nothing. Private comments and those of
// agents and rules do not count.
func (t Ticket) LastFromClient() string {
	var last Comment
	for _, c := range t.Comments {
		if c.From != "client" || c.Type == "private" || strings.TrimSpace(c.Message) == "" {
			continue
		}
		if !c.PublishedAt.Before(last.PublishedAt) {
			last = c
		}
	}
	return last.Message
}

// TicketURL returns where agents open a ticket, "" when that can't be told (usedesk.md §2.1). apiBase is the address of the
// helpdesk's API: the cloud has it on a host of its own, every other installation beside the pages.
func TicketURL(apiBase string, id int64) string {
	u, err := url.Parse(apiBase)
	if err != nil || u.Host == "" || id == 0 {
		return ""
	}
	host := u.Host
	if host == "api.usedesk.ru" {
		host = "secure.usedesk.ru"
	}
	return u.Scheme + "://" + host + "/tickets/" + strconv.FormatInt(id, 10)
}
