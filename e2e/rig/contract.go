package rig

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sidecard/sidecard/api"
	"github.com/sidecard/sidecard/api/contract"
)

var described = sync.OnceValues(func() (*contract.Contract, error) { return contract.New(api.OpenAPI) })

// client holds every exchange of a test with the machine surface of the replicas against the description. A benchmark's
// are left alone: checking takes its time on the measuring side.
func (w *World) client() *http.Client {
	if _, measured := w.T.(*testing.B); measured {
		return http.DefaultClient
	}
	return &http.Client{Transport: watch{w}}
}

type watch struct{ w *World }

func (x watch) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !x.w.forMachines(r.URL) {
		return res, err
	}
	got, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(got))
	c, err := described()
	if err == nil {
		err = c.Check(r, sent, res.StatusCode, res.Header, got)
	}
	if err != nil {
		x.w.T.Error(err)
	}
	return res, nil
}

func (w *World) forMachines(u *url.URL) bool {
	return slices.Contains(w.Replicas, u.Scheme+"://"+u.Host) &&
		(strings.HasPrefix(u.Path, "/api") || strings.HasPrefix(u.Path, "/hooks") || u.Path == "/healthz" || u.Path == "/readyz")
}
