// Package deploy holds what runs Sidecard elsewhere: Kubernetes manifests and the bill of materials' program. It has no code
// of its own; its tests build the program as `make build` does, twice, run it as the image would, and hold manifests,
// Dockerfile and program together.
package deploy
