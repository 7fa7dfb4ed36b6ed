package deploy

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

func TestCompose_keepsWhatWasAcceptedAndLetsAStopEnd(t *testing.T) {
	raw, err := os.ReadFile("../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var compose struct {
		Services map[string]struct {
			Image, Command string
			ReadOnly       bool          `yaml:"read_only"`
			Grace          time.Duration `yaml:"stop_grace_period"`
			Deploy         struct{ Replicas int }
			Ports          []string
			Environment    map[string]string
		}
		Networks map[string]struct {
			IPAM struct {
				Config []struct{ Subnet, Gateway string }
			}
		}
	}
	if err := yaml.Unmarshal(raw, &compose); err != nil {
		t.Fatal(err)
	}
	if s := compose.Services["sidecard"]; s.Grace < 25*time.Second || !s.ReadOnly || s.Deploy.Replicas < 2 {
		t.Errorf("sidecard: %+v; a stop takes up to 20 s, nothing is written to disk, two replicas", s)
	}
	for name, s := range compose.Services {
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s publishes plain HTTP at %s; want loopback alone", name, port)
			}
		}
	}
	own := compose.Networks["default"].IPAM.Config
	if trusted := compose.Services["sidecard"].Environment["SIDECARD_TRUSTED_PROXIES"]; len(own) != 1 || own[0].Gateway == "" ||
		!strings.HasSuffix(trusted, ":-"+own[0].Gateway+"/32}") {
		t.Errorf("trusted proxies are %s by default; want the gateway of %+v, from which this machine's proxy comes", trusted, own)
	}
	redis := compose.Services["redis"]
	for _, want := range []string{"--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction"} {
		if !strings.Contains(redis.Command, want) {
			t.Errorf("redis runs with %q, without %s", redis.Command, want)
		}
	}
	if _, tag, _ := strings.Cut(redis.Image, ":"); !strings.Contains(tag, ".") {
		t.Errorf("redis' image is %q, expected a minor version", redis.Image)
	}
}

// README puts .env beside the Dockerfile, and the demo its state: neither may get into a layer of the build.
func TestImage_isBuiltWithoutSettingsAndState(t *testing.T) {
	raw, err := os.ReadFile("../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	ignored := strings.Fields(string(raw))
	for _, want := range []string{".git", ".env", "data", "bin"} {
		if !slices.Contains(ignored, want) {
			t.Errorf(".dockerignore does not name %s", want)
		}
	}
}
