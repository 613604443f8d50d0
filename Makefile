# What people and CI do with this repository; `make help` lists it.

SHELL   := /bin/bash
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)

# The T.30 engine is compiled in where libspandsp is; asked anew each time, for
# scripts/install.sh may have just installed it. Without it everything else builds and runs.
TAGS = $(shell pkg-config --exists spandsp 2>/dev/null && echo '-tags spandsp')

# Every package but acceptance. Its tests build the program that they drive, without
# the race detector, unless ACCEPTANCE_BINARY names one.
INSIDE = $(shell go list $(TAGS) ./... | grep -v /acceptance$$)

# golangci-lint is pinned here and built by Go, so that nothing has to be installed.
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# Where scripts/install.sh puts a newer Node.js than Debian's.
export PATH := $(CURDIR)/.cache/node/bin:$(PATH)

# What tests do where libspandsp is missing: they go on and say so; with
# FAXGATE_TEST_ENGINE=required, as in continuous integration, they fail.
define engine-or-word
if [[ -z "$(TAGS)" ]]; then \
  echo 'make: no libspandsp: the T.30 engine is neither built nor tested'; \
  [[ "$$FAXGATE_TEST_ENGINE" != required ]]; \
fi
endef

.DEFAULT_GOAL := help
.PHONY: help run build test test-all bench lint fuzz

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Install what is missing, build, and start the server with its data in ./data
	@scripts/install.sh run
	@$(MAKE) --no-print-directory build
	@exec ./bin/faxgate serve

build: ## Build bin/faxgate, without cgo, and bin/faxmodem, which has the T.30 engine
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/faxgate ./cmd/faxgate
	go build -trimpath -ldflags '-s -w' $(TAGS) -o bin/faxmodem ./cmd/faxmodem

test: ## Install what the tests need and run them: Go, PostgreSQL, a browser, foreign clients
	@scripts/install.sh test
	@$(engine-or-word)
	go vet $(TAGS) ./...
	go test $(TAGS) -shuffle=on -timeout 20m ./...

# Under the race detector a PDF takes more memory than the converter's child may have: the
# rooms that start it are tested without, and the server under it uses bin/faxgate for that.
test-all: ## Run what takes longer: the race detector over everything, every fuzz target for 10 s
	@scripts/install.sh test
	@$(engine-or-word)
	CGO_ENABLED=0 go build -o /dev/null ./...
	FAXGATE_TEST_ENGINE= CGO_ENABLED=0 go test ./line/... ./cmd/faxmodem
	go test $(TAGS) -race -shuffle=on -timeout 40m $(filter-out %/page/convert %/page/render,$(INSIDE))
	@$(MAKE) --no-print-directory build
	go build -race -o bin/faxgate-race ./cmd/faxgate
	ACCEPTANCE_BINARY=$(CURDIR)/bin/faxgate-race go test $(TAGS) -shuffle=on -timeout 40m ./acceptance
	scripts/fuzz.sh 10s

bench: build ## Measure against an empty handler and write bench/RESULTS.md, with NOTE in it
	@scripts/install.sh test
	go test $(TAGS) -run '^$$' -bench . -benchmem ./...
	go build -o bin/load ./bench/load
	taskset -c 1 bin/load $(if $(NOTE),-note "$(NOTE)")

lint: ## Check format, style and known vulnerabilities
	@test -z "$$(gofmt -l $$(git ls-files '*.go') | tee /dev/stderr)"
	go run $(GOLANGCI) run $(subst -tags,--build-tags,$(TAGS)) ./...
	@scripts/vulncheck.sh

fuzz: ## Run every fuzz target for 20 s
	scripts/fuzz.sh 20s
