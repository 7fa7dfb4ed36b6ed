package transport

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxRetries = 2
	firstWait  = 300 * time.Millisecond
	limitWait  = time.Second      // first wait after 429 without a hint
	maxWait    = 10 * time.Second // a longer pause is the caller's decision
)

// RetryRead runs read and repeats it at most twice: after a Failure, 429, 502, 503 or 504. It waits as long as the server
// asks, else with doubling jittered pauses, and returns what it has as soon as the wait would be longer than 10 s or
// end after ctx's deadline. Only for requests that change nothing.
func RetryRead(ctx context.Context, read func(context.Context) (Answer, error)) (Answer, error) {
	for try := 0; ; try++ {
		a, err := read(ctx)
		if try == maxRetries || !passing(a, err) {
			return a, err
		}
		wait := pause(a, try)
		if deadline, ok := ctx.Deadline(); wait > maxWait || ok && time.Until(deadline) <= wait {
			return a, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return a, err
		}
	}
}

// passing reports whether the failure may be over in a moment.
func passing(a Answer, err error) bool {
	if err != nil {
		f, ok := errors.AsType[*Failure](err)
		return ok && !errors.Is(f, context.Canceled) && !errors.Is(f, ErrTooLarge)
	}
	switch a.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

func pause(a Answer, try int) time.Duration {
	if s := RetryAfter(a, time.Now()); s > 0 {
		return time.Duration(s)*time.Second + jitter(limitWait/4)
	}
	first := firstWait
	if a.Status == http.StatusTooManyRequests {
		first = limitWait
	}
	wait := first << try
	return wait/2 + jitter(wait)
}

func jitter(d time.Duration) time.Duration { return rand.N(d) }

// RetryAfter returns the seconds that the server asked to wait: header Retry-After (seconds or date), else member
// retry_after of a JSON body. 0 means that it named none.
func RetryAfter(a Answer, now time.Time) int {
	const day = 24 * 60 * 60
	if h := strings.TrimSpace(a.Header.Get("Retry-After")); h != "" {
		if n, err := strconv.Atoi(h); err == nil {
			return min(max(n, 0), day)
		}
		if t, err := http.ParseTime(h); err == nil {
			return min(max(int((t.Sub(now)+time.Second-1)/time.Second), 0), day)
		}
	}
	var body struct {
		RetryAfter json.RawMessage `json:"retry_after"`
	}
	if a.Status < 300 || json.Unmarshal(a.Body, &body) != nil {
		return 0
	}
	f, err := strconv.ParseFloat(strings.Trim(string(body.RetryAfter), `"`), 64)
	if err != nil || !(f > 0) {
		return 0
	}
	return int(min(f+0.999, day))
}
