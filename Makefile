.PHONY: build check test race fuzz bench lint

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

bench: ## allocations and time of the parts; the programs in bench/ measure the whole beside its peers
	go test -run='^$$' -bench=. -benchmem ./...

lint: ## needs golangci-lint v2
	golangci-lint run

FUZZTIME ?= 1m
