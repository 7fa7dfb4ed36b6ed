package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/sidecard/sidecard/store"
)

func TestDoctor_clockThatDiffersFromRedis(t *testing.T) {
	server := miniredis.RunT(t)
	ring, _ := store.NewRing()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + server.Addr(), Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for ahead, want := range map[time.Duration]string{
		0: "agrees with Redis", time.Hour: "1h0m0s behind Redis; run NTP", -time.Minute: "1m0s ahead of Redis; run NTP",
	} {
		server.SetTime(time.Now().Add(ahead))
		var out strings.Builder
		d := &doctor{out: &out}
		d.clock(t.Context(), db)
		if d.unwell != (ahead != 0) || !strings.Contains(out.String(), want) {
			t.Errorf("Redis %s ahead: %s", ahead, &out)
		}
	}
}

func TestDoctor_clockThatDiffersFromAmoCRM(t *testing.T) {
	var ahead time.Duration
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
	}))
	t.Cleanup(server.Close)
	for ahead = range map[time.Duration]bool{0: true, time.Hour: true, -time.Minute: true} {
		clock := &dated{}
		if _, told := clock.skew(); told {
			t.Error("told a time before any answer")
		}
		res, err := (&http.Client{Transport: clock}).Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		by, told := clock.skew()
		if off := (by + ahead).Abs(); !told || off > 3*time.Second {
			t.Errorf("amoCRM %s ahead: %s, %v", ahead, by, told)
		}
	}
}
