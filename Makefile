.PHONY: demo test programs shipped bench load profile soak lint vuln build

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
ARCHES ?= amd64 arm64
BIN ?= bin
VULNDB ?= https://vuln.go.dev
TESTS_AT_ONCE ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))

demo:
	go run ./cmd/sidecard demo

# What can be read off the code is said before anything runs. The packages whose tests take longest begin first, and more of them run at once than there are cores, as many tests wait.
# A program with the race detector sleeps for a second before it ends if it is not told otherwise.
test:
	$(MAKE) -j3 lint programs shipped
	GORACE=atexit_sleep_ms=50 go test -race -p $(TESTS_AT_ONCE) -parallel 12 -timeout 9m ./e2e ./triggers ./...
	sh .ci/fuzz

programs:
	sh .ci/programs gcc redis-server chromium npm

# Tests look at what is shipped, too. It is compiled while the programs come that a fresh machine lacks.
shipped:
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -o /dev/null ./cmd/sidecard

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
	test -z "$$(gofmt -l .)" && go vet ./... && go tool staticcheck ./...

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
