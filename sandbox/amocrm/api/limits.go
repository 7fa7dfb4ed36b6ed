package api

import (
	"cmp"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/stats"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// limits refuses what comes faster than amoCRM allows (amocrm.md §8.1): per account and integration no sliding second
// holds more accepted requests than the rate. Refused ones don't count, so a client that slows down gets through.
type limits struct {
	mu      sync.Mutex
	windows map[string]*stats.Window
}

// limitKeys bounds the windows that are kept; idle ones go first.
const limitKeys = 4096

// allow takes a place in the window of the key, if there is one.
func (l *limits) allow(key string, rate int, clock func() time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := clock()
	if l.windows == nil {
		l.windows = map[string]*stats.Window{}
	}
	if len(l.windows) >= limitKeys && l.windows[key] == nil {
		maps.DeleteFunc(l.windows, func(_ string, v *stats.Window) bool { return v.Count(now) == 0 })
	}
	v := l.windows[key]
	if v == nil {
		v = &stats.Window{}
		l.windows[key] = v
	}
	if v.Count(now) >= rate {
		return false
	}
	v.Add(now)
	return true
}

// Reset opens all windows.
func (l *limits) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.windows = nil
}

// MaxRate bounds the switched threshold: each accepted request keeps a place in its window for a second.
const MaxRate = 1_000_000

// Rate is the threshold of one integration in one account, in requests a second.
func (g *Gate) Rate() int {
	var switched int
	g.State.Read(func(w *world.World) { switched = w.Rate })
	return cmp.Or(switched, g.PerSecond)
}

// tooMany answers 429, as the documented problem body with retry_after (seconds), or as the HTML that was seen on
// amocrm.ru. There is no Retry-After header: none is documented.
func tooMany(w http.ResponseWriter, html bool) {
	if html {
		nginxPage(w, http.StatusTooManyRequests)
		return
	}
	WriteAs(w, "application/problem+json", http.StatusTooManyRequests, struct {
		problemBody
		RetryAfter int `json:"retry_after"`
	}{problemBody{
		Title: "Too Many Requests", Type: "https://httpstatus.es/429", Status: http.StatusTooManyRequests,
		Detail: "Request limit exceeded",
	}, 1})
}

// nginxPage answers as the web server before amoCRM does: HTML that no JSON decoder survives.
func nginxPage(w http.ResponseWriter, status int) {
	text := http.StatusText(status)
	if text == "" {
		text = "Error"
	}
	line := strconv.Itoa(status) + " " + text
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	w.Write([]byte("<html>\r\n<head><title>" + line + "</title></head>\r\n<body>\r\n<center><h1>" + line + //nolint:errcheck // the client is gone
		"</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"))
}
