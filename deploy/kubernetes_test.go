package deploy

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/sidecard/sidecard/api"
)

type probe struct {
	HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
}

type labels map[string]string

// object is what these tests look at, of all kinds.
type object struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	StringData map[string]string `yaml:"stringData"`
	Spec       struct {
		Replicas     int
		MinAvailable int `yaml:"minAvailable"`
		Selector     struct {
			MatchLabels labels `yaml:"matchLabels"`
			Plain       labels `yaml:",inline"`
		}
		PodSelector struct {
			MatchLabels labels `yaml:"matchLabels"`
		} `yaml:"podSelector"`
		Ports []struct {
			TargetPort string `yaml:"targetPort"`
		}
		Template struct {
			Metadata struct{ Labels labels }
			Spec     pod
		}
	}
}

type pod struct {
	Grace           int `yaml:"terminationGracePeriodSeconds"`
	SecurityContext struct {
		RunAsNonRoot bool `yaml:"runAsNonRoot"`
		RunAsUser    int  `yaml:"runAsUser"`
	} `yaml:"securityContext"`
	Containers []struct {
		Args  []string
		Ports []struct {
			Name          string
			ContainerPort int `yaml:"containerPort"`
		}
		Env []struct {
			Name, Value string
			ValueFrom   struct {
				SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
			} `yaml:"valueFrom"`
		}
		StartupProbe    probe `yaml:"startupProbe"`
		LivenessProbe   probe `yaml:"livenessProbe"`
		ReadinessProbe  probe `yaml:"readinessProbe"`
		Resources       struct{ Requests, Limits map[string]string }
		SecurityContext struct {
			ReadOnly   bool  `yaml:"readOnlyRootFilesystem"`
			Escalation *bool `yaml:"allowPrivilegeEscalation"`
		} `yaml:"securityContext"`
	}
}

func manifests(t *testing.T) map[string]object {
	t.Helper()
	files, err := filepath.Glob("kubernetes/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]object{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var o object
		if err := yaml.Unmarshal(raw, &o); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if o.APIVersion == "" || o.Metadata.Name != "sidecard" {
			t.Errorf("%s: %s of version %q is named %q", file, o.Kind, o.APIVersion, o.Metadata.Name)
		}
		all[o.Kind] = o
	}
	for _, kind := range []string{"Deployment", "Service", "PodDisruptionBudget", "Secret", "NetworkPolicy"} {
		if _, ok := all[kind]; !ok {
			t.Fatalf("no %s among %v", kind, files)
		}
	}
	return all
}

func TestKubernetes_probesAndPortsAreTheProgrammes(t *testing.T) {
	all := manifests(t)
	c := all["Deployment"].Spec.Template.Spec.Containers[0]
	routes := api.New(api.Options{Log: slog.New(slog.DiscardHandler), Ready: func(context.Context) error { return nil }})
	for name, p := range map[string]probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
		answer := httptest.NewRecorder()
		routes.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/"+strings.TrimPrefix(p.HTTPGet.Path, "/"), nil))
		if p.HTTPGet.Path == "" || answer.Code != http.StatusOK || p.HTTPGet.Port != c.Ports[0].Name {
			t.Errorf("%s probe: %s on port %s answers %d", name, p.HTTPGet.Path, p.HTTPGet.Port, answer.Code)
		}
	}
	if c.LivenessProbe.HTTPGet.Path == c.ReadinessProbe.HTTPGet.Path {
		t.Error("a Redis that is away would restart every replica")
	}
	if got := all["Service"].Spec.Ports[0].TargetPort; got != c.Ports[0].Name {
		t.Errorf("the service leads to port %s, the container has %s", got, c.Ports[0].Name)
	}
	if c.Ports[0].ContainerPort != 8080 || c.Env[0].Name != "SIDECARD_ADDR" || c.Env[0].Value != ":8080" {
		t.Errorf("port %d, address %+v", c.Ports[0].ContainerPort, c.Env[0])
	}
}

func TestKubernetes_namesOnlyWhatTheProgramReads(t *testing.T) {
	all := manifests(t)
	c := all["Deployment"].Spec.Template.Spec.Containers[0]
	help, err := exec.Command(program(built), append(c.Args, "--help")...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, help)
	}
	given := map[string]bool{}
	for _, e := range c.Env {
		given[e.Name] = true
		if e.Name != "GOMEMLIMIT" && !strings.Contains(string(help), "$"+e.Name+")") {
			t.Errorf("the program reads no %s", e.Name)
		}
		ref := e.ValueFrom.SecretKeyRef
		if ref.Key == "" {
			continue
		}
		if _, ok := all["Secret"].StringData[ref.Key]; !ok || ref.Name != all["Secret"].Metadata.Name {
			t.Errorf("the secret has no %s", ref.Key)
		}
	}
	for _, need := range []string{"REDIS_URL", "SIDECARD_SEAL_KEYS", "SIDECARD_PUBLIC_URL"} {
		if !given[need] {
			t.Errorf("%s is missing", need)
		}
	}
	for key, value := range all["Secret"].StringData {
		if value != "" {
			t.Errorf("the example holds a value for %s", key)
		}
	}
}

func TestKubernetes_locksThePodDown(t *testing.T) {
	all := manifests(t)
	d := all["Deployment"].Spec
	p := d.Template.Spec
	c := p.Containers[0]
	if !p.SecurityContext.RunAsNonRoot || p.SecurityContext.RunAsUser != imageUser || !c.SecurityContext.ReadOnly ||
		c.SecurityContext.Escalation == nil || *c.SecurityContext.Escalation {
		t.Errorf("%+v, %+v", p.SecurityContext, c.SecurityContext)
	}
	for _, what := range []string{"cpu", "memory"} {
		if c.Resources.Requests[what] == "" || c.Resources.Limits[what] == "" {
			t.Errorf("%s has no request or no limit: %+v", what, c.Resources)
		}
	}
	if p.Grace < 20 {
		t.Errorf("%d s are less than the preStop pause and a graceful stop", p.Grace)
	}
	if least := all["PodDisruptionBudget"].Spec.MinAvailable; least < 1 || least >= d.Replicas {
		t.Errorf("%d of %d replicas must stay: nothing could be evicted, or all", least, d.Replicas)
	}
	for kind, got := range map[string]labels{
		"Deployment": d.Selector.MatchLabels, "Service": all["Service"].Spec.Selector.Plain,
		"PodDisruptionBudget": all["PodDisruptionBudget"].Spec.Selector.MatchLabels, "NetworkPolicy": all["NetworkPolicy"].Spec.PodSelector.MatchLabels,
	} {
		name := "app.kubernetes.io/name"
		if got[name] == "" || got[name] != d.Template.Metadata.Labels[name] {
			t.Errorf("%s selects %v", kind, got)
		}
	}
}

func TestDockerfile_isWhatIsTested(t *testing.T) {
	read := func(name string) string {
		raw, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	docker := read("Dockerfile")
	for _, line := range []string{`ENTRYPOINT ["/sidecard"]`, "FROM scratch", "USER 65532:65532", `CMD ["/sidecard", "doctor", "--ready"]`} {
		if !strings.Contains(docker, line) {
			t.Errorf("no %s", line)
		}
	}
	flags := regexp.MustCompile(`go build (.*?) -X main\.version`)
	a, b := flags.FindStringSubmatch(docker), flags.FindStringSubmatch(read("Makefile"))
	if a == nil || b == nil || a[1] != b[1] {
		t.Errorf("the image is built with %q, make build with %q", a, b)
	}
}
