package transport

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetry_repeatsPassingTroubleTwice(t *testing.T) {
	lost := &Failure{MaybeSent: true, Cause: errors.New("connection reset")}
	hour := http.Header{"Retry-After": {"3600"}}
	for name, tt := range map[string]struct {
		answer Answer
		err    error
		budget time.Duration // 0: no deadline
		tries  int
		atMost time.Duration
	}{
		"good":                      {Answer{Status: 200}, nil, 0, 1, 0},
		"bad gateway":               {Answer{Status: 502}, nil, 0, 3, 2 * time.Second},
		"unavailable":               {Answer{Status: 503}, nil, 0, 3, 2 * time.Second},
		"gateway timeout":           {Answer{Status: 504}, nil, 0, 3, 2 * time.Second},
		"network":                   {Answer{}, lost, 0, 3, 2 * time.Second},
		"limited without a hint":    {Answer{Status: 429}, nil, 0, 3, 5 * time.Second},
		"limited for two seconds":   {Answer{Status: 429, Header: http.Header{"Retry-After": {"2"}}}, nil, 0, 3, 5 * time.Second},
		"limited in the body":       {Answer{Status: 429, Body: []byte(`{"retry_after":3}`)}, nil, 0, 3, 7 * time.Second},
		"limited for an hour":       {Answer{Status: 429, Header: hour}, nil, 0, 1, 0},
		"beyond the deadline":       {Answer{Status: 429}, nil, 100 * time.Millisecond, 1, 0},
		"server error":              {Answer{Status: 500}, nil, 0, 1, 0},
		"blocked":                   {Answer{Status: 403}, nil, 0, 1, 0},
		"not a failure to send":     {Answer{}, errors.New("no token"), 0, 1, 0},
		"given up by the caller":    {Answer{}, &Failure{Cause: context.Canceled}, 0, 1, 0},
		"an answer that is too big": {Answer{}, &Failure{MaybeSent: true, Cause: ErrTooLarge}, 0, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tt.budget > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.budget)
					defer cancel()
				}
				start, tries := time.Now(), 0
				a, err := RetryRead(ctx, func(context.Context) (Answer, error) { tries++; return tt.answer, tt.err })
				if tries != tt.tries || a.Status != tt.answer.Status || err != tt.err {
					t.Errorf("%d tries, status %d, %v; want %d tries", tries, a.Status, err, tt.tries)
				}
				if took := time.Since(start); took > tt.atMost {
					t.Errorf("took %v, want at most %v", took, tt.atMost)
				}
			})
		})
	}
}

func TestRetry_waitsAtLeastAsLongAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		first := true
		a, err := RetryRead(t.Context(), func(context.Context) (Answer, error) {
			if first {
				first = false
				return Answer{Status: 429, Header: http.Header{"Retry-After": {"4"}}}, nil
			}
			return Answer{Status: 200}, nil
		})
		if err != nil || a.Status != 200 || time.Since(start) < 4*time.Second {
			t.Errorf("status %d, %v after %v", a.Status, err, time.Since(start))
		}
	})
}

func TestRetry_endsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		tries := 0
		done := make(chan Answer)
		go func() {
			a, err := RetryRead(ctx, func(context.Context) (Answer, error) { tries++; return Answer{Status: 503}, nil })
			if err != nil {
				t.Error(err)
			}
			done <- a
		}()
		synctest.Wait()
		cancel()
		if a := <-done; a.Status != 503 || tries != 1 {
			t.Errorf("status %d after %d tries", a.Status, tries)
		}
	})
}

func TestRetryAfter_headerAndBody(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, tt := range map[string]struct {
		header, body string
		want         int
	}{
		"seconds":           {"7", "", 7},
		"date":              {"Fri, 02 Jan 2026 03:04:35 GMT", "", 30},
		"past date":         {"Fri, 02 Jan 2026 03:00:00 GMT", "", 0},
		"negative":          {"-3", "", 0},
		"body number":       {"", `{"retry_after":300}`, 300},
		"body string":       {"", `{"retry_after":"2.5"}`, 3},
		"body without":      {"", `{"title":"x"}`, 0},
		"body not a number": {"", `{"retry_after":{}}`, 0},
		"page":              {"", "<html>", 0},
		"more than a day":   {"999999999", "", 86400},
		"neither":           {"soon", "", 0},
	} {
		a := Answer{Status: 429, Header: http.Header{}, Body: []byte(tt.body)}
		a.Header.Set("Retry-After", tt.header)
		if got := RetryAfter(a, now); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}
