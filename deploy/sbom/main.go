// Command sbom prints the bill of materials of a built Go program as CycloneDX JSON: sbom PROGRAM VERSION. It reads
// what the Go linker wrote into the program, so it lists what is really in there, and says the same each time. The version
// is not among that: -trimpath leaves it out.
package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"runtime/debug"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: sbom PROGRAM VERSION")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

// bom is the part of CycloneDX 1.6 that a Go program fills: https://cyclonedx.org/docs/1.6/json/
type bom struct {
	Format      string       `json:"bomFormat"`
	SpecVersion string       `json:"specVersion"`
	Version     int          `json:"version"`
	Metadata    metadata     `json:"metadata"`
	Components  []component  `json:"components"`
	Needs       []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref   string   `json:"ref"`
	Needs []string `json:"dependsOn"`
}

func run(program, version string, out io.Writer) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return fmt.Errorf("read build information: %w", err)
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(list(info, version)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func list(info *debug.BuildInfo, version string) bom {
	self := component{Type: "application", Name: path.Base(info.Path), Version: version}
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS", "GOARCH", "CGO_ENABLED":
			self.Properties = append(self.Properties, property{"build:" + s.Key, s.Value})
		}
	}
	self.PURL = purl(info.Main.Path, self.Version)
	self.Ref = self.PURL
	std := component{Type: "library", Name: "stdlib", Version: strings.TrimPrefix(info.GoVersion, "go")}
	std.PURL = purl(std.Name, std.Version)
	std.Ref = std.PURL
	b := bom{Format: "CycloneDX", SpecVersion: "1.6", Version: 1, Metadata: metadata{self}, Components: []component{std}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c := component{Type: "library", Name: m.Path, Version: m.Version, PURL: purl(m.Path, m.Version)}
		c.Ref = c.PURL
		if m.Sum != "" {
			c.Properties = []property{{"go:sum", m.Sum}} // of the module, as in go.sum; not a digest of one file
		}
		b.Components = append(b.Components, c)
	}
	needs := dependency{Ref: self.Ref}
	for _, c := range b.Components {
		needs.Needs = append(needs.Needs, c.Ref)
	}
	b.Needs = []dependency{needs}
	return b
}

// purl names a Go module: https://github.com/package-url/purl-spec
func purl(module, version string) string {
	p := "pkg:golang/" + module
	if version != "" {
		p += "@" + strings.ReplaceAll(version, "+", "%2B")
	}
	return p
}
