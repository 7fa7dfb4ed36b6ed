package notify

import (
	"net"
	"net/http"
	"time"

	"github.com/sidecard/sidecard/connector/transport"
)

// errPrivate is the cause when an address of the tenant's choice leads into a private network.
var errPrivate = transport.ErrPrivate

const webhookWithin = 5 * time.Second

// webhookClient reaches public hosts only, directly, and follows no redirect. private lifts the first.
func webhookClient(private bool) *http.Client {
	dial := &net.Dialer{Timeout: webhookWithin}
	if !private {
		dial.Control = transport.OnlyPublic
	}
	return &http.Client{
		Timeout: webhookWithin,
		Transport: &http.Transport{ // no Proxy: it would be the one that is dialled and checked
			DialContext: dial.DialContext, TLSHandshakeTimeout: webhookWithin, MaxResponseHeaderBytes: 16 << 10,
			DisableKeepAlives: true, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
