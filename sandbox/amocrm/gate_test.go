package amocrm

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const account = "/api/v4/account"

func TestLimit_eighthRequestOfASecondIs429(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	other := b.control("POST", "grant", map[string]any{"account": secondHost})["access_token"].(string)
	for range 7 {
		wantStatus(t, b.api("GET", account, access, nil), http.StatusOK)
	}
	r := b.api("GET", account, access, nil)
	wantStatus(t, r, http.StatusTooManyRequests)
	want := map[string]any{
		"title": "Too Many Requests", "type": "https://httpstatus.es/429", "status": float64(429),
		"detail": "Request limit exceeded", "retry_after": float64(1),
	}
	if diff := cmp.Diff(want, r.json(t)); diff != "" || r.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s, body (-want +got):\n%s", r.header.Get("Content-Type"), diff)
	}
	wantStatus(t, b.do("GET", secondHost, account, nil, "Authorization", "Bearer "+other), http.StatusOK)
	b.clk.add(time.Second)
	wantStatus(t, b.api("GET", account, access, nil), http.StatusOK)
	st := b.control("GET", "stats", nil)
	if st["rate_limited"] != float64(1) || st["max_in_sliding_second"] != float64(8) {
		t.Errorf("limited %v, max %v", st["rate_limited"], st["max_in_sliding_second"])
	}
}

func TestLimit_slidesAndDoesNotCountTheRefused(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	for range 7 {
		wantStatus(t, b.api("GET", account, access, nil), http.StatusOK)
		b.clk.add(100 * time.Millisecond)
	}
	for range 5 { // 0.7 s after the first: refused, and no obstacle for later ones
		wantStatus(t, b.api("GET", account, access, nil), http.StatusTooManyRequests)
	}
	b.clk.add(300 * time.Millisecond)
	wantStatus(t, b.api("GET", account, access, nil), http.StatusOK)
	wantStatus(t, b.api("GET", account, access, nil), http.StatusTooManyRequests)
}
