# The few things one does with this repository. Each target says what it needs.

GO ?= go
BIN := bin/synctv
# What the page is made of: a change here means a new build.
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f ! -name '*.go' -print 2>/dev/null)
WEB_READY := web/node_modules/.package-lock.json
WEB_BUILT := web/dist/index.html

.PHONY: help run test fuzz bench bench-live bench-proxy bench-sockets bench-tcp attack cluster release lint fmt web build e2e drift vuln versions release-one
help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 12

run: web ## build the page if it changed, then serve on http://localhost:8080
	$(GO) run ./cmd/synctv serve

test: ## everything: installs what is missing, ends with "N passed, N failed"
	@scripts/test

FUZZTIME ?= 60s
fuzz: ## every fuzz target, one after the other, FUZZTIME=60s each
	@scripts/fuzz $(FUZZTIME)

bench: ## the comparisons of docs/BENCHMARKS.md, written there: an idle machine, three minutes
	$(GO) run ./scripts/bench

bench-live: ## the live relay against bare writes: server on core 0, load on core 1
	$(GO) build -o bin/load ./test/load
	bin/load $(LOAD)

bench-proxy: build ## 200 viewers of one film through the proxy, against plain sendfile: servers on core 0, load on core 1
	$(GO) build -o bin/films ./test/films
	bin/films -server $(BIN) $(LOAD)

bench-sockets: build ## a room of 1,000 sockets: server on core 0, load on core 1
	$(GO) build -o bin/sockets ./test/sockets
	bin/sockets -server $(BIN) $(LOAD)

bench-tcp: ## what settings of TCP do on a long line that loses packets: root, Linux, three minutes
	$(GO) run ./test/tcp

attack: build ## a room's events while somebody wears the server out: an idle machine, a quarter of an hour
	$(GO) build -o bin/attack ./test/attack
	bin/attack -server $(BIN) $(LOAD)

cluster: ## three replicas under faults, about two minutes: what members saw, and whether anything was lost
	$(GO) test -tags cluster ./test/cluster -run TestFaults -count 1 -timeout 10m -v

lint: ## go vet and the linters of .golangci.yml
	$(GO) vet ./...
	$(GO) tool -modfile=tools/go.mod golangci-lint run ./...

fmt: ## format the Go sources
	$(GO) tool -modfile=tools/go.mod gofumpt -w cmd internal scripts web/*.go

web: $(WEB_BUILT) ## build the page into web/dist, if its sources changed

build: web ## one file with everything in it: bin/synctv
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN) ./cmd/synctv

VERSION ?= $(shell git describe --tags --always 2>/dev/null || echo dev)
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64
RELEASE_FLAGS = -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.version=$(VERSION)"
release: web ## static programs for all systems and their checksums: bin/release
	@mkdir -p bin/release
	@for p in $(PLATFORMS); do os=$${p%/*}; arch=$${p#*/}; ext=; [ $$os = windows ] && ext=.exe; \
		echo "bin/release/synctv-$$os-$$arch$$ext"; \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build $(RELEASE_FLAGS) \
			-o bin/release/synctv-$$os-$$arch$$ext ./cmd/synctv || exit 1; done
	@cd bin/release && sha256sum synctv-* > SHA256SUMS

release-one: # for this system, of what is built already
	@CGO_ENABLED=0 $(GO) build $(RELEASE_FLAGS) -o $(OUT) ./cmd/synctv

e2e: build ## browser tests only
	scripts/e2e

drift: build ## how far browsers in one room are apart, and whether that is as promised: PROFILE=lan|home|bad|mobile RUNS=n, idle machine
	scripts/drift $(or $(PROFILE),home) $(or $(RUNS),1)

vuln: ## known holes in what we depend on (asks a server on the internet)
	$(GO) tool -modfile=tools/go.mod govulncheck ./...

versions:
	@scripts/versions go node

$(WEB_READY): web/package.json web/package-lock.json | versions
	cd web && npm ci --no-audit --no-fund
	@touch $@

$(WEB_BUILT): $(WEB_READY) $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@
