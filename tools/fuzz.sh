#!/usr/bin/env bash
# Runs the fuzz targets named, or all of them, for FUZZ_SECONDS each (60), from the seeds and from what earlier runs found
# interesting (fuzz/corpus, not committed). Prints a table; an input that breaks something is left in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTC_BOOTSTRAP=1 CHARLA_SKIP_WEB=1 CARGO_TERM_COLOR=never
seconds=${FUZZ_SECONDS:-60}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
command -v cargo-fuzz >/dev/null || {
  echo "fuzz: installing cargo-fuzz with cargo" >&2
  cargo install cargo-fuzz --locked --quiet
}
targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(cargo fuzz list)
cargo fuzz build -s none >"$log" 2>&1 || { tail -40 "$log"; exit 1; }
failed=0
printf '| target | runs | seconds | edges | features | inputs kept | result |\n|---|---|---|---|---|---|---|\n'
for target in "${targets[@]}"; do
  mkdir -p "fuzz/corpus/$target"
  verdict=clean
  cargo fuzz run -s none "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
    -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 >"$log" 2>&1 || verdict=FOUND
  # The last line of progress and the last of all: "#N DONE cov: C ft: F corp: I/…", "Done N runs in S second(s)".
  progress=$(grep -E '^#[0-9]+\s' "$log" | tail -1 || true)
  field() { sed -nE "s/.* $1: ([0-9]+).*/\1/p" <<<"$progress"; }
  runs=$(sed -nE 's/^Done ([0-9]+) runs in ([0-9]+) second.*/\1 | \2/p' "$log")
  printf '| %s | %s | %s | %s | %s | %s |\n' "$target" "${runs:-– | –}" "$(field cov)" "$(field ft)" "$(field corp)" "$verdict"
  [ "$verdict" = clean ] || { failed=1; tail -40 "$log" >&2; }
done
exit $failed
