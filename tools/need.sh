#!/usr/bin/env bash
# Installs what a step lacks on a Debian machine with Rust, Node and Python, and says what.
#   tools/need.sh build    what `make run` needs
#   tools/need.sh test     that, and what `make test` needs: Chromium, mongod, cmake (for libopus), a TURN client (of
#                          coturn), nginx with its stream module, HAProxy, faketime, libnss3-tools, and for
#                          the network tests iproute2, nftables, conntrack, squid, socat
#   tools/need.sh long     that, and what judges speech in `make test-long`: Firefox, sox, espeak-ng, PulseAudio, PESQ;
#                          Schemathesis
# It asks for root only when something is missing. It never upgrades what is there.
set -euo pipefail
cd "$(dirname "$0")/.."

die() { printf 'need: %s\n' "$*" >&2; exit 1; }

have_so() { ldconfig -p 2>/dev/null | grep -q "$1"; }

have_tool() { command -v "$1" >/dev/null || missing+=("$2"); }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"
  else die "these packages are missing and neither root nor sudo is at hand: ${missing[*]}"; fi
}

command -v cargo >/dev/null || die 'Rust is missing: install it from https://rustup.rs (1.95 or newer)'
command -v node >/dev/null || die 'Node is missing: install Node 20 or newer with npm'
node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' \
  || die "Node 20.19 or newer is needed, this is $(node --version)"
command -v npm >/dev/null || die 'npm is missing: install Node 20 or newer with npm'

missing=()
command -v cc >/dev/null || missing+=(build-essential)
case "${1:-build}" in
  build) ;;
  test|long)
    command -v python3 >/dev/null || die 'Python 3 is missing: install python3 with pip'
    rustup component list --installed 2>/dev/null | grep -q clippy || command -v cargo-clippy >/dev/null \
      || die 'clippy is missing: rustup component add clippy rustfmt'
    command -v cmake >/dev/null || missing+=(cmake)
    have_so libcurl.so.4 || missing+=(libcurl4)
    [ -e /usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1 ] || missing+=(faketime)
    have_tool certutil libnss3-tools
    have_tool turnutils_uclient coturn; have_tool nginx nginx-light; have_tool haproxy haproxy
    [ -e /usr/lib/nginx/modules/ngx_stream_module.so ] || missing+=(libnginx-mod-stream)
    [ -n "${CHARLA_TEST_CHROMIUM:-}" ] || command -v chromium >/dev/null || missing+=(chromium)
    # Pictures of the page show an emoji, not a box.
    [ -e /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf ] || missing+=(fonts-noto-color-emoji)
    # The network tests need root to make namespaces; without it they are skipped.
    if [ "$(id -u)" = 0 ]; then
      have_tool ip iproute2; have_tool nft nftables; have_tool conntrack conntrack; have_tool squid squid
      have_tool socat socat; have_tool sysctl procps
    fi
    if [ "$1" = long ]; then
      have_tool sox sox; have_tool espeak-ng espeak-ng
      have_tool pulseaudio pulseaudio; have_tool pactl pulseaudio-utils
      [ -n "${CHARLA_TEST_FIREFOX:-}" ] || have_tool firefox-esr firefox-esr
      python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
      # PESQ comes as C, to be built here.
      [ -e "/usr/include/python$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')/Python.h" ] || missing+=(python3-dev)
    fi
    ;;
  *) die "unknown step $1" ;;
esac
if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || die "this machine has no apt-get; install by hand: ${missing[*]}"
  echo "need: installing ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
if [ "${1:-build}" != build ] && [ -z "${CHARLA_TEST_MONGOD:-}" ]; then
  python3 tools/fetch-mongod.py
fi
if [ "${1:-build}" = long ] && ! target/tools/pesq/bin/python3 -c 'import pesq, scipy' 2>/dev/null; then
  echo 'need: installing PESQ into target/tools/pesq'
  python3 -m venv target/tools/pesq
  target/tools/pesq/bin/pip install --quiet numpy==2.4.6 scipy==1.17.1 pesq==0.0.4
fi
if [ "${1:-build}" = long ] && ! target/tools/schemathesis/bin/st --version >/dev/null 2>&1; then
  echo 'need: installing Schemathesis into target/tools/schemathesis'
  python3 -m venv target/tools/schemathesis
  target/tools/schemathesis/bin/pip install --quiet schemathesis==4.32.5
fi
