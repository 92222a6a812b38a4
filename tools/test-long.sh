#!/usr/bin/env bash
# What takes too long for every change: more kills, more random walks, every network. Run by hand; the summary is
# written to docs/results/DATE.md, the figures of the network tests to docs/results/DATE-network.md, those of Lighthouse to
# docs/results/DATE-lighthouse.md, those of a flood of
# junk to docs/results/DATE-bounds.md, to be committed.
set -euo pipefail
cd "$(dirname "$0")/.."
out="docs/results/$(date -u +%F).md"
log=$(mktemp)
mkdir -p docs/results
run() {
  echo "== $*"
  local from=$SECONDS verdict=passed
  "${@:2}" >"$log" 2>&1 || verdict=FAILED
  printf '| %s | %s | %s s |\n' "$1" "$verdict" "$((SECONDS - from))" >>"$out"
  [ "$verdict" = passed ] || { tail -40 "$log"; return 1; }
}
printf '# Long tests, %s\nCommit %s, %s cores.\n\n| what | result | time |\n|---|---|---|\n' \
  "$(date -u +%FT%TZ)" "$(git rev-parse --short HEAD)" "$(nproc)" >"$out"
run 'kill -9 of the server under load, 50 times on each store' env CHARLA_KILLS=50 cargo test --locked --workspace --test durability
run '100 random cuts, 500 missed messages in each absence, on each store' \
  env CHARLA_CUTS=100 CHARLA_MISSED=500 cargo test --locked --workspace --test cuts
run 'call model: 20 times the random walks' env CHARLA_SEEDS=20 cargo test --locked --workspace --lib calls::
run 'the relay in a simulated network, 1,000 seeds' env CHARLA_SEEDS=50 cargo test --locked --workspace --lib sim::
run 'property tests, 20,000 cases each' env PROPTEST_CASES=20000 cargo test --locked --workspace --lib
run '1,000 calls that come and go, at a real server' \
  env CHARLA_CYCLES=1000 cargo test --locked --workspace --test churn
run '20 calls at once for ten minutes: reloads, cuts, other devices, one restart' \
  env CHARLA_CHURN_SECONDS=600 CHARLA_CHURN_CALLS=20 \
  cargo test --locked --workspace --test churn calls_at_once -- --nocapture
churn=$(grep -E '^[0-9]+ calls' "$log")
run '1,000 sockets come back at once after a restart' \
  env CHARLA_HERD=1000 cargo test --locked --workspace --test trouble herd
run 'fuzzing, 3 minutes for each target' env FUZZ_SECONDS="${FUZZ_SECONDS:-180}" tools/fuzz.sh

# What the last step said of its figures.
bounds="docs/results/$(date -u +%F)-bounds.md"
printf '# A flood of junk, and its control, %s\nCommit %s, %s cores. `sink`: the same flood at a socket that nobody reads.\n\n' \
  "$(date -u +%FT%TZ)" "$(git rev-parse --short HEAD)" "$(nproc)" >"$bounds"
told() { printf '%s\n```\n%s\n```\n' "$1" "$(grep -E '^(load|junk|server)' "$log")" >>"$bounds"; }
run 'the load client, built' cargo build --release --locked --workspace --examples
for flood in sink junk; do
  run "20 calls of two for 60 s, 100,000 datagrams of junk a second at the $flood" \
    taskset -c 0 target/release/examples/load --stack --case 3 --seconds 60 --"$flood" 100000
  told "--$flood 100000"
done

# The network tests need root, the server and the page. Their figures for speech need a quiet machine.
tools/need.sh long
run 'the server and the page, for the network tests' bash -c '(cd static && npm ci --no-audit --no-fund && npm run build) && cargo test --locked --workspace --no-run'
run 'every view and state at four widths in both themes: accessibility, overflow, also from right to left' \
  bash -c 'cd tests/browser && npm ci --no-audit --no-fund && CHARLA_LOOK=all node --test look.test.mjs'
lighthouse="docs/results/$(date -u +%F)-lighthouse.md"
run 'Lighthouse on sign-in and chat: 95 of 100 and more' \
  bash -c "cd tests/lighthouse && npm ci --no-audit --no-fund && node run.mjs ../../$lighthouse"
run 'whatever the OpenAPI document allows: no 5xx, no answer but those of the document' \
  node tests/rest/schemathesis.mjs target/tools/schemathesis/bin/st
figures=$(mktemp)
network() (
  set -e
  (cd tests/browser && npm ci --no-audit --no-fund)
  cd tests/net
  npm ci --no-audit --no-fund
  CHARLA_TEST_FIGURES=$figures node --test --test-concurrency=1 ./*.test.mjs long/*.test.mjs
)
verdict=0
run 'calls through every network, with trouble and loss, in Chromium and Firefox' network || verdict=1
node tools/figures.mjs "$figures" >"docs/results/$(date -u +%F)-network.md"
printf '\n20 calls at once: %s\n' "$churn" >>"$out"
echo "written: $out, $bounds and docs/results/$(date -u +%F)-network.md"
exit $verdict
