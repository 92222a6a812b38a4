# make run    build everything and serve
# make test   every test that CI runs (under 35 minutes on 2 cores)
# Each installs what it lacks and says what.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export CARGO_TERM_COLOR ?= never

.PHONY: run build test test-rust test-web test-rest test-browser test-net lint test-long fuzz bench tools clean
say = @printf '\n== %s\n' "$(1)"

run: build
	./target/release/charla serve

build:
	@tools/need.sh build
	cargo build --release --locked

tools:
	@tools/need.sh test

test: tools lint test-web test-rust test-rest test-browser test-net
	$(call say,all tests passed)

lint: tools
	$(call say,format and lints)
	cargo fmt --all --check
	CHARLA_SKIP_WEB=1 cargo clippy --workspace --all-targets --locked -- -D warnings

test-web:
	$(call say,the web client: types$(comma) lint$(comma) unit tests$(comma) size)
	cd static && npm ci --no-audit --no-fund --loglevel=error && npm run build && npm run check && npm test

# Twice as many tests at a time as the two processors of CI: most of them wait for a server or a phone.
test-rust: tools test-web
	$(call say,the server and the relay: unit and integration tests)
	RUST_TEST_THREADS=$${RUST_TEST_THREADS:-4} cargo test --workspace --locked

# Uses the binary that the Rust tests built, as the next ones do.
test-rest: tools test-rust
	$(call say,the Postman collection$(comma) run by newman)
	cd tests/rest && npm ci --no-audit --no-fund --loglevel=error && node --test *.test.mjs

# Uses the binary that the Rust tests built: building it alone would compile the dependencies once more.
test-browser: tools test-web test-rust
	$(call say,two real browsers)
	cd tests/browser && npm ci --no-audit --no-fund --loglevel=error && node --test --test-concurrency=2 *.test.mjs

# Needs root, for network namespaces; says so and skips where there is none. `long/` belongs to test-long.
test-net: tools test-web test-rust test-browser
	$(call say,calls through NAT$(comma) blocked UDP and a proxy)
	cd tests/net && node --test --test-concurrency=1 *.test.mjs

test-long: tools
	tools/test-long.sh

# Every parser of what comes from the network, FUZZ_SECONDS each (60). The first build compiles all dependencies anew,
# with other flags, and libFuzzer with the C++ compiler.
fuzz:
	@tools/need.sh build
	tools/fuzz.sh

# One build for all: built package by package, the dependencies are compiled anew with other features.
bench:
	@tools/need.sh test
	cargo bench --locked --workspace --bench messages --bench fanout --bench calls
	cargo build --release --locked --workspace --examples
	./target/release/examples/load

clean:
	cargo clean
	rm -rf static/dist static/node_modules tests/browser/node_modules tests/net/node_modules tests/rest/node_modules

comma := ,
