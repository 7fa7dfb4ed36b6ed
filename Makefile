.PHONY: demo test shipped raced race upgrade programs bench load profile soak lint vuln build

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
ARCHES ?= amd64 arm64
BIN ?= bin
VULNDB ?= https://vuln.go.dev
# How the program is compiled that is shipped. What reads the code and what drives the program is compiled so, too: compiling
# takes longer than most tests.
SHIPPED := CGO_ENABLED=0 GOFLAGS='-trimpath -buildvcs=false'

demo:
	go run ./cmd/sidecard demo

# Where goroutines share what they hold: these packages, which start some or guard something against them, run with the race detector
# in every test run, all others in `race`.
RACED = $(sort $(dir $(shell grep -rlE --include='*.go' '"sync(/atomic)?"|x/sync/|^\s*go ' ./blocks ./internal ./oauth)))

# What can be read off the code is said before anything runs. The tests that drive the program wait most of their time, while
# the others run. A program with the race detector sleeps for a second before it ends if it is not told otherwise.
test: export GORACE = atexit_sleep_ms=50
# Compiling and linking take a quarter less of the processor when they collect less garbage. The tests collect theirs as usual (env -u).
test: export GOGC = 400
test:
	$(MAKE) -j2 lint programs
	$(MAKE) -j2 shipped raced
	$(SHIPPED) sh .ci/fuzz

shipped:
	$(SHIPPED) go test -exec 'env -u GOGC' -vet=off -parallel 16 -timeout 14m ./e2e $$(go list ./... | grep -vxF -e "$$(go list ./e2e $(RACED))")

raced:
	go test -exec 'env -u GOGC' -vet=off -race -parallel 12 -timeout 14m $(RACED)

race: export GORACE = atexit_sleep_ms=50
race: programs
	go test -vet=off -race -parallel 12 -timeout 60m ./...

# An earlier version and this one on one Redis: make upgrade FROM=v1.2.3
upgrade: programs
	set -e; old=$$(mktemp -d); trap 'rm -rf "$$old"' EXIT; git archive $(FROM) | tar -x -C "$$old"; \
		(cd "$$old" && $(SHIPPED) go build -o sidecard ./cmd/sidecard); \
		$(SHIPPED) go test -vet=off -count=1 ./e2e -run TestUpgrade -old "$$old/sidecard"

programs:
	sh .ci/programs gcc redis-server chromium npm

bench:
	sh .ci/programs redis-server
	go test -run '^$$' -bench . -skip '^Benchmark(Load|Profile|Soak)' -benchtime 1x -timeout 12m ./bench

soak:
	sh .ci/programs redis-server
	go test -run '^$$' -bench '^BenchmarkSoak$$' -benchtime 1x -timeout 20m ./bench

load:
	sh .ci/programs redis-server
	go test -run '^$$' -bench '^BenchmarkLoad' -benchtime 1x -timeout 20m ./bench

profile:
	sh .ci/programs redis-server
	go test -run '^$$' -bench '^BenchmarkProfile$$' -benchtime 1x ./bench

lint:
	test -z "$$(gofmt -l .)" && $(SHIPPED) go vet ./... && $(SHIPPED) go tool staticcheck ./...

# Known vulnerabilities of the dependencies, by Go's database or a mirror of it (VULNDB=file:///…). No part of the tests: it
# needs the network.
vuln:
	go tool govulncheck -db $(VULNDB) $(VULNFLAGS) ./...

# The same source gives the same bytes, wherever it lies; beside each program its bill of materials (CycloneDX).
build:
	mkdir -p $(BIN)
	set -e; for arch in $(ARCHES); do \
		CGO_ENABLED=0 GOOS=linux GOARCH=$$arch go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" \
			-o $(BIN)/sidecard-linux-$$arch ./cmd/sidecard; \
		go run ./deploy/sbom $(BIN)/sidecard-linux-$$arch $(VERSION) > $(BIN)/sidecard-linux-$$arch.cdx.json; \
	done
