package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/internal/turn"
)

// amoConfig is how the service logs in to amoCRM, and at which hosts.
type amoConfig struct {
	AmoClientID     string   `env:"AMO_CLIENT_ID" help:"Integration id; empty uses amoCRM's button, one integration per account."`
	AmoClientSecret string   `env:"AMO_CLIENT_SECRET" help:"Secret of that integration."`
	AmoToken        string   `env:"AMO_LONG_LIVED_TOKEN" help:"Long-lived token instead of a login, for one company."`
	AmoHost         string   `env:"AMO_BASE_HOST" help:"amoCRM account of the long-lived token."`
	DeskToken       string   `env:"USEDESK_API_TOKEN" help:"Helpdesk token of that company, as in its block."`
	ExtraAmoHosts   []string `env:"SIDECARD_EXTRA_AMO_HOSTS" help:"amoCRM hosts allowed besides *.amocrm.ru, *.amocrm.com, *.kommo.com."`
	ContactIndex    string   `env:"SIDECARD_CONTACT_INDEX" default:"200000" help:"Contacts of an account up to which an index of their phones and e-mails is kept; off keeps none."`

	amoHosts *amocrm.Hosts
	indexed  int // contacts of an account, 0 for no index
}

// maxIndexed bounds an index: some 100 MiB of Redis.
const maxIndexed = 1_000_000

// Check reads the allowed hosts.
func (c *amoConfig) Check() []error {
	var wrong mistakes
	var err error
	if c.amoHosts, err = amocrm.NewHosts(c.ExtraAmoHosts); err != nil {
		wrong.add("SIDECARD_EXTRA_AMO_HOSTS", "%s%v", entryOf(c.ExtraAmoHosts, err), err)
	}
	if c.indexed, err = strconv.Atoi(c.ContactIndex); !slices.Contains([]string{"", "off"}, c.ContactIndex) && (err != nil || c.indexed < 1 || c.indexed > maxIndexed) {
		wrong.add("SIDECARD_CONTACT_INDEX", "is %q, expected off or a number of contacts from 1 to %d", c.ContactIndex, maxIndexed)
	}
	if (c.AmoClientID == "") != (c.AmoClientSecret == "") {
		wrong.add("AMO_CLIENT_ID", "and AMO_CLIENT_SECRET go together: set both, or neither to use amoCRM's button")
	}
	switch {
	case c.AmoToken == "" && c.AmoHost == "" && c.DeskToken == "":
	case c.AmoToken == "" || c.AmoHost == "" || c.DeskToken == "":
		wrong.add("AMO_LONG_LIVED_TOKEN", "AMO_BASE_HOST and USEDESK_API_TOKEN go together: set all three or none")
	case c.amoHosts != nil:
		_, err := c.amoHosts.Base(c.AmoHost)
		wrong.note("AMO_BASE_HOST", err)
	}
	return wrong
}

// entryOf says which entry of a list was refused.
func entryOf(list []string, err error) string {
	refused, ok := errors.AsType[*amocrm.HostError](err)
	if !ok {
		return ""
	}
	i := slices.IndexFunc(list, func(s string) bool { return strings.TrimSpace(s) == refused.Given })
	return fmt.Sprintf("entry %d: ", i+1)
}

// deskConfig is where helpdesks are. Once checked, it opens them.
type deskConfig struct {
	UsedeskAPI        string   `env:"SIDECARD_USEDESK_API" default:"https://api.usedesk.ru/" help:"Usedesk API used when the block names none."`
	ExtraUsedeskHosts []string `env:"SIDECARD_EXTRA_USEDESK_HOSTS" help:"Usedesk API hosts allowed besides the clouds."`
	HelpdeskOrigins   []string `env:"SIDECARD_HELPDESK_ORIGINS" default:"https://secure.usedesk.ru,https://secure.usedesk.com" help:"Origins that may frame the panel."`

	deskHosts *usedesk.Hosts
	deskBase  string
	client    *http.Client
	unread    func(context.Context, usedesk.Unread) // called for what of an answer is left out
}

// Check reads the allowed hosts.
func (c *deskConfig) Check() []error {
	var wrong mistakes
	var err error
	if c.deskHosts, err = usedesk.NewHosts(c.ExtraUsedeskHosts); err != nil {
		wrong.add("SIDECARD_EXTRA_USEDESK_HOSTS", "%s%v", entryOf(c.ExtraUsedeskHosts, err), err)
	} else {
		c.client = turn.Client(c.deskHosts.HTTPClient(20 * time.Second))
		c.deskBase, err = c.deskHosts.Base(c.UsedeskAPI)
		wrong.note("SIDECARD_USEDESK_API", err)
	}
	for _, origin := range c.HelpdeskOrigins {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" || strings.ContainsAny(origin, " ;") {
			wrong.add("SIDECARD_HELPDESK_ORIGINS", "%q is no origin, expected such as https://secure.usedesk.com", origin)
		}
	}
	return wrong
}

// Desk opens a tenant's helpdesk API, at the usual address when the tenant's block names none.
func (c *deskConfig) Desk(t tenant.Tenant) (*usedesk.API, error) {
	return usedesk.New(cmp.Or(t.DeskBase, c.deskBase), t.DeskToken, usedesk.WithHTTP(c.client), usedesk.WithUnread(c.unread))
}

// DeskBase checks a helpdesk's address as typed and brings it to its one form.
func (c *deskConfig) DeskBase(raw string) (string, error) { return c.deskHosts.Typed(raw) }

// TicketURL returns where agents open a ticket, "" when that can't be told.
func (c *deskConfig) TicketURL(t tenant.Tenant, ticketID int64) string {
	return usedesk.TicketURL(cmp.Or(t.DeskBase, c.deskBase), ticketID)
}

// LastMessage reads what the client wrote last in a ticket, "" when it can't be read.
func (c *deskConfig) LastMessage(ctx context.Context, t tenant.Tenant, ticketID int64) (string, error) {
	desk, err := c.Desk(t)
	if err != nil {
		return "", err
	}
	ticket, err := desk.Ticket(ctx, ticketID)
	return ticket.LastFromClient(), err
}
