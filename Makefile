# Alongside. `make help` explains the targets.
SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)
BUILD    := CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)'
TOOL     := go tool -modfile=tools/go.mod
LINT     := $$(go tool -modfile=tools/lint/go.mod -n golangci-lint)
PLATFORMS := linux/amd64 linux/arm64 windows/amd64 windows/arm64 darwin/amd64 darwin/arm64
CHECK    ?=
# The race detector looks at everything but what computes much, waits for nobody and has
# no generic code: the copies of that are shared between packages, and one without the
# detector would hide from it that goroutines waited for each other. Nobody debugs these
# programs, so they are linked without what debuggers read. The tests of the whole
# system build theirs with the same flags.
export RACEFLAGS := -race -ldflags=-w -gcflags=modernc.org/...=-d=checkptr=0 $(foreach p,modernc.org/sqlite/lib \
  golang.org/x/crypto/argon2 golang.org/x/crypto/blake2b github.com/alongside-remote/alongside/wire/lossless \
  github.com/alongside-remote/alongside/encode/jpeg github.com/alongside-remote/alongside/internal/pixels \
  github.com/alongside-remote/alongside/support,-gcflags=$(p)=-race=false)
# Tests bring their own displays. The longest package goes first, so that the others
# run beside it; its tests wait more than they compute. The
# detector's programs end in a twentieth of the second that they would look for more.
GOTEST   := env -u WAYLAND_DISPLAY -u XDG_SESSION_TYPE GORACE=atexit_sleep_ms=50 go test $(RACEFLAGS) -p 3 -parallel 3 -shuffle=on -timeout 45m

.PHONY: help
help: ## Show this help
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: deps
deps: ## Install what tests and demo need (apt; elsewhere: say what is missing)
	@scripts/deps.sh test

.PHONY: build
build: ## Build both programs into bin/
	@mkdir -p bin
	$(BUILD) -o bin/ ./cmd/...

.PHONY: demo
demo: ## Broker and agent on a real desktop, console in the browser (CHECK=1: by itself)
	@scripts/deps.sh demo
	@$(MAKE) --no-print-directory build
	@go run ./test/demo $(if $(CHECK),-check -artifacts artifacts/demo)

.PHONY: test
test: deps ## Every test, against a real X server and a real browser
	@rc=0; $(MAKE) --no-print-directory console-test || rc=$$?; \
	$(GOTEST) ./test ./broker ./... || rc=$$?; exit $$rc
	@[ "$$(id -u)" = 0 ] || echo "not run as root: the tests marked NEEDS ROOT in docs/STATUS.md were skipped"

.PHONY: test-long
test-long: deps ## All that several reps can do to a session, updates of a machine, and random desktops for long (SEEDS=2000)
	go test ./support -count=1 -timeout 2h -run 'SharedPath' -v -depth 0 -walks 1000
	go test ./encode -count=1 -timeout 4h -run 'TestRandomDesktops' -seeds $(or $(SEEDS),2000)
	go test ./capture -count=1 -timeout 1h -run 'TestRandomDrawing' -doodles 200
	env -u WAYLAND_DISPLAY -u XDG_SESSION_TYPE go test ./test -count=20 -timeout 1h -run 'TestRandomDrawing'
	env -u WAYLAND_DISPLAY -u XDG_SESSION_TYPE go test $(RACEFLAGS) ./test -count=1 -timeout 1h -run 'TestD25' -long

.PHONY: test-beds
test-beds: ## The packages on machines of their own: containers that boot systemd, sysvinit, OpenRC (root); GNOME without a screen (BEDS=, logs: artifacts/beds)
	@for bed in $(or $(BEDS),nspawn/run nspawn/journey nspawn/login nspawn/pin init/sysv init/openrc gnome); do \
	  rc=0; test/beds/$$bed.sh || rc=$$?; [ $$rc = 0 ] || [ $$rc = 77 ] || exit $$rc; done

.PHONY: console
console: ## Build the console's assets (committed, so that go build needs no Node)
	@scripts/console.sh build

.PHONY: console-test
console-test: ## Check and test the console's TypeScript; its built assets must be fresh
	@scripts/console.sh test

.PHONY: generate
generate: ## Generate the protobuf code
	@scripts/generate.sh

.PHONY: check
check: deps ## All that must be true before a commit
	@scripts/check.sh

.PHONY: lint
lint: ## golangci-lint for every system
	@for os in linux windows darwin; do echo "lint $$os"; GOOS=$$os CGO_ENABLED=0 $(LINT) run ./...; done

.PHONY: fmt
fmt: ## Format the Go code
	$(TOOL) gofumpt -w $$(git ls-files '*.go' | grep -v '\.pb\.go$$\|\.connect\.go$$')

.PHONY: fuzz
fuzz: ## Fuzz every parser (FUZZTIME=30s each)
	@scripts/fuzz.sh

.PHONY: bench
bench: ## Micro-benchmarks, comparable with benchstat (COUNT=6)
	go test -run '^$$' -bench . -benchmem -count $(or $(COUNT),6) ./... | grep -v '^ok\|no test files'

.PHONY: bench-peers
bench-peers: ## Beside the peers in ../shared/bench (BENCH=, PEERS=, REPS=3): docs/PERFORMANCE.md
	@scripts/bench-peers.sh

.PHONY: bench-idle
bench-idle: ## What an endpoint costs while nobody is connected, beside peers (PEERS="alongside x11vnc-tiger", IDLE_OPTS=)
	@scripts/bench-idle.sh

.PHONY: bench-together
bench-together: build ## Ten reps share fifty sessions for ten minutes, each answer checked (LOAD='-together 1m -seed 2')
	go run ./test/load -parts together $(LOAD)

.PHONY: bench-load
bench-load: build ## Load on one broker, large screens, memory of the roles (LOAD='-agents 1000'; WRITE=docs/PERFORMANCE.md)
	go run ./test/load $(if $(WRITE),-write $(WRITE)) $(LOAD)

.PHONY: bench-links
bench-links: build ## Thin and lossy links; needs root (ONLY='200 kbit/s', SEED=1, WRITE=docs/PERFORMANCE.md)
	go run ./bench/links -seed $(or $(SEED),1) $(if $(ONLY),-only '$(ONLY)') $(if $(WRITE),-write $(WRITE))

.PHONY: cross
cross: ## Build for every system and architecture we ship, without cgo
	@for p in $(PLATFORMS); do echo "build $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 go build -o /dev/null ./cmd/alongside; \
	  GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 go build -o /dev/null ./cmd/alongside-broker; \
	  GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 go vet ./...; done

.PHONY: dist
dist: ## Archives of both programs for every system, deb and rpm of the endpoint, checksums, in dist/
	@VERSION='$(VERSION)' LDFLAGS='$(LDFLAGS)' PLATFORMS='$(PLATFORMS)' scripts/dist.sh

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin dist artifacts
