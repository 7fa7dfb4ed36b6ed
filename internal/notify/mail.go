package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/sidecard/sidecard/connector/transport"
)

// Mail is the server's own way to send e-mail.
type Mail struct {
	host string
	from *mail.Address
	opts []gomail.Option
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// NewMail reads "smtp://user:password@host:587" (STARTTLS, required unless the host is this machine) or "smtps://…:465"
// (TLS from the start). from is the sender's address, with or without a name. Its errors name no password.
func NewMail(address, from string) (*Mail, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return nil, errors.New("is no mail server, expected such as smtp://user:password@mail.example.com:587 or smtps://…:465")
	}
	sender, err := mail.ParseAddress(from)
	if err != nil || !ValidEmail(sender.Address) {
		return nil, fmt.Errorf("the sender %q is no address, expected such as sidecard@example.com", from)
	}
	port := map[string]int{"smtp": 587, "smtps": 465}[u.Scheme]
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil || port < 1 || port > 65535 {
			return nil, errors.New("has a wrong port")
		}
	}
	m := &Mail{host: u.Hostname(), from: sender, opts: []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(sendWithin)},
		dial: (&net.Dialer{}).DialContext}
	switch {
	case u.Scheme == "smtps":
		// The library's own TLS dialler can't be held on to; over this one it finds that it is encrypted already.
		m.dial = (&tls.Dialer{Config: &tls.Config{ServerName: m.host, MinVersion: tls.VersionTLS12}}).DialContext
		m.opts = append(m.opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case transport.Loopback(m.host):
		// Nothing leaves the machine, and what listens there may have a certificate for another name.
		m.opts = append(m.opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic),
			gomail.WithTLSConfig(&tls.Config{ServerName: m.host, InsecureSkipVerify: true}))
	default:
		m.opts = append(m.opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		m.opts = append(m.opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	if _, err := gomail.NewClient(m.host, m.opts...); err != nil {
		return nil, fmt.Errorf("can't be used: %w", err)
	}
	return m, nil
}

func (m *Mail) send(ctx context.Context, to string, txt text) error {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(m.from)
	if err := msg.To(to); err != nil {
		return &refused{Said: "not an address"}
	}
	msg.Subject(txt.Subject)
	msg.SetDate()
	_, domain, _ := strings.Cut(m.from.Address, "@")
	msg.SetMessageIDWithValue(newID() + "@" + domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, txt.Text)
	var conn net.Conn // the library leaves it open when TLS or the login fails
	c, err := gomail.NewClient(m.host, append(slices.Clone(m.opts), gomail.WithDialContextFunc(
		func(ctx context.Context, network, address string) (net.Conn, error) {
			var err error
			conn, err = m.dial(ctx, network, address)
			return conn, err
		}))...)
	if err != nil {
		return fmt.Errorf("open mail server: %w", err)
	}
	err = c.DialAndSendWithContext(ctx, msg)
	if conn != nil {
		_ = conn.Close() // mostly a second time
	}
	if msg.IsDelivered() {
		return nil // what may have failed is the goodbye
	}
	if no, ok := errors.AsType[*gomail.SendError](msg.SendError()); ok && no.ErrorCode() >= 500 {
		return &refused{Said: clip(strings.ReplaceAll(no.Error(), ", affected message ID: "+msg.GetMessageID(), ""))}
	}
	if err == nil {
		err = errors.New("the mail server did not take it")
	}
	if lost, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("send mail: %w", lost)
	}
	return fmt.Errorf("send mail: %s", plain(err.Error()))
}
