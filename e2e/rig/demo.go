package rig

import (
	"net"
	"strings"
	"testing"
	"time"
)

// Demo starts `sidecard demo` on the addresses of a former one, or on free ones when from is nil, with its state in
// dir and further environment variables.
func Demo(t testing.TB, dir string, from *World, env ...string) *World {
	t.Helper()
	w := &World{T: t}
	if from != nil {
		w.Replicas, w.Amo, w.Desk = from.Replicas, from.Amo, from.Desk
	} else {
		w.Replicas, w.Amo, w.Desk = []string{"http://" + FreeAddr(t)}, "http://"+FreeAddr(t), "http://"+FreeAddr(t)
	}
	var ports []string
	for _, base := range []string{w.Replicas[0], w.Amo, w.Desk} {
		_, port, err := net.SplitHostPort(strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, port)
	}
	w.Processes = []*Process{Start(t, env, Binary, "demo", "--ports", strings.Join(ports, ","), "--data", dir)}
	Eventually(t, time.Minute, "the demo is ready", func() bool {
		return Answers(w.Replicas[0]+"/readyz") && strings.Contains(w.Processes[0].Out.String(), "demo is running")
	})
	w.Processes[0].secrets = w.Secrets
	w.GetJSON(w.Amo+"/_sandbox/info", &w.Info)
	return w
}
