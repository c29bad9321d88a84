.PHONY: build check test race fuzz bench bench-parts lint

build: ## the command
	go build -o tconn ./cmd/demo

check: ## all that must pass before a commit: what CI runs, but for installing packages
	./.ci/run --no-install

test: ## quick
	go test ./...

race:
	go test -race -shuffle=on ./...

fuzz: ## FUZZTIME for each target
	@grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sort | while IFS=: read -r file target; do \
		go test -run='^$$' -fuzz="^$${target#func }\$$" -fuzztime=$(FUZZTIME) "$$(dirname "$$file")" || exit 1; \
	done

bench: ## the whole beside its peers, in twenty minutes; writes docs/benchmarks.md
	cd bench && CGO_ENABLED=0 go build -o bench.tmp . && ./bench.tmp all > benchmarks.tmp && mv benchmarks.tmp ../docs/benchmarks.md; rm -f bench.tmp benchmarks.tmp

bench-parts: ## allocations and time of the parts
	go test -run='^$$' -bench=. -benchmem ./...

lint: ## needs golangci-lint v2
	golangci-lint run

FUZZTIME ?= 1m
