#!/usr/bin/env bash
# How soon others stop ringing and audio flows, at a round trip of 0 and of 100 ms: in a network namespace whose loopback
# takes 0 or 50 ms each way. Needs root. The figures belong into docs/performance.md.
set -euo pipefail
cd "$(dirname "$0")/.."
bench=$(cargo bench --locked --workspace --bench calls --no-run 2>&1 | sed -n 's/.*(\(.*calls-[0-9a-f]*\)).*/\1/p')
for delay in 0 50; do
  echo "a round trip of $((2 * delay)) ms:"
  unshare --net bash -c "ip link set lo up
    [ $delay = 0 ] || tc qdisc add dev lo root netem delay ${delay}ms limit 100000
    exec '$bench' $*"
done
