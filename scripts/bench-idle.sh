#!/usr/bin/env bash
# What an endpoint holds and does while nobody is connected, ours beside others'. It
# wants the machine for itself. By variables:
#
#   BENCH=../shared/bench          the harness, which describes the others
#   PEERS="alongside x11vnc-tiger mesh"   "alongside" is bench/suts'; mesh needs npm
#   IDLE_OPTS="-span 1m -runs 3"   options of bench/idle
#   OUT=artifacts/bench            programs (a folder that Git ignores)
#   MESHCENTRAL_DIR                a folder outside of this one for MeshCentral
set -euo pipefail
cd "$(dirname "$0")/.."

bench=${BENCH:-../shared/bench}
peers=${PEERS:-alongside x11vnc-tiger mesh}
out=${OUT:-artifacts/bench}
if [ ! -d "$bench/suts" ]; then
  echo "bench-idle: no harness at $bench: name its folder by BENCH=" >&2
  exit 1
fi
bench=$(cd "$bench" && pwd)
export MESHCENTRAL_DIR=${MESHCENTRAL_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/alongside-bench/meshcentral}
PEERS=$peers scripts/bench-deps.sh
mkdir -p "$out/bin"
out=$(cd "$out" && pwd)
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$out/bin/" ./cmd/... ./bench/cmd/... ./bench/idle
entries=()
for p in $peers; do
  case $p in
    alongside*) entries+=("bench/suts/$p.json") ;;
    *) entries+=("$bench/suts/$p.json") ;;
  esac
done
# The harness's own client says when MeshAgent is known to its server.
case " $peers " in
  *" mesh "*) (cd "$bench" && go build -o "$out/bin/" ./cmd/meshclient) ;;
esac
PATH=$out/bin:$PATH "$out/bin/idle" ${IDLE_OPTS:-} "${entries[@]}"
