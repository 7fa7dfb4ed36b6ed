.PHONY: demo test bench lint

demo:
	go run ./cmd/sidecard demo

test:
	sh .ci/programs redis-server chromium npm
	go test -race -parallel 4 -timeout 9m ./...
	sh .ci/fuzz

bench:
	sh .ci/programs redis-server
	go test -run '^$$' -bench . -benchtime 1x -timeout 10m ./bench

lint:
	test -z "$$(gofmt -l .)" && go vet ./... && go tool staticcheck ./...
