#!/usr/bin/env bash
# How soon others stop ringing and audio flows, at a round trip of 0 and of 100 ms: first over loopback, then between two
# network namespaces with a cable that takes 50 ms each way (`tests/net/support/wire.py`). Needs root. The figures belong
# into docs/performance.md.
set -euo pipefail
cd "$(dirname "$0")/.."
bench=$(cargo bench --locked --workspace --bench calls --no-run 2>&1 | sed -n 's/.*(\(.*calls-[0-9a-f]*\)).*/\1/p')
echo 'a round trip of 0 ms:'
"$bench" "$@"

server=charla-bench-server people=charla-bench-people
shape=$(mktemp)
trap 'kill "${wire:-}" 2>/dev/null || true; ip netns del $server; ip netns del $people; rm -f "$shape"' EXIT
echo 'delay=50' >"$shape"
ip netns add $server
ip netns add $people
python3 tests/net/support/wire.py --a $server:cable --b $people:cable --shapefile "$shape" &
wire=$!
for end in $server:10.9.0.1 $people:10.9.0.2; do
  until ip -n "${end%:*}" link show cable >/dev/null 2>&1; do sleep 0.1; done
  ip -n "${end%:*}" link set lo up
  ip -n "${end%:*}" addr add "${end#*:}/24" dev cable
  ip -n "${end%:*}" link set cable up
done
echo 'a round trip of 100 ms:'
CHARLA_TEST_PLACE=$server:10.9.0.1 ip netns exec $people "$bench" "$@"
