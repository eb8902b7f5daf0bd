#!/usr/bin/env bash
# Runs Alongside and its peers through the side-by-side harness and writes the
# document about it. All by variables:
#
#   BENCH=../shared/bench     the harness
#   PEERS="none x0vnc-novnc"  entries of the harness; "alongside…" are those of bench/suts
#   REPS=3                    repetitions, interleaved
#   BENCH_OPTS="-dur 6"       options of the harness's bench
#   OUT=artifacts/bench       results, logs, programs (a folder that Git ignores)
#   FIRST_REP=4               go on with the results that are there
#   ASSETS                    the harness's pictures, if they were made before
#   DOC=docs/PERFORMANCE.md   empty: leave the document alone
#   MESHCENTRAL_DIR           a folder outside of this one for MeshCentral
set -euo pipefail
cd "$(dirname "$0")/.."

bench=${BENCH:-../shared/bench}
peers=${PEERS:-none x0vnc-novnc x0vnc-tiger xtiger-novnc x11vnc-novnc mesh freerdp web-novnc alongside alongside-console}
reps=${REPS:-3}
doc=${DOC-docs/PERFORMANCE.md}
out=${OUT:-artifacts/bench}

if [ ! -x "$bench/run.sh" ]; then
  echo "bench-peers: no harness at $bench: name its folder by BENCH=" >&2
  exit 1
fi
export MESHCENTRAL_DIR=${MESHCENTRAL_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/alongside-bench/meshcentral}
PEERS=$peers scripts/bench-deps.sh

mkdir -p "$out/bin"
out=$(cd "$out" && pwd)
commit=$(git describe --always --dirty) # of what is built now
export BIN=${BIN:-$out/bin} ASSETS=${ASSETS:-$out/assets}
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$BIN/" ./cmd/... ./bench/cmd/...

entries=()
for p in $peers; do
  case $p in
    alongside*) entries+=("$PWD/bench/suts/$p.json") ;;
    *) entries+=("$p") ;;
  esac
done
[ "${FIRST_REP:-1}" != 1 ] || rm -f "$out/results.jsonl"
"$bench/run.sh" "$out" "$reps" "${entries[@]}"
grep '"workload":"error"' "$out/results.jsonl" >&2 || true
if [ -n "$doc" ]; then
  "$BIN/alongside-bench" report --results "$out/results.jsonl" --document "$doc" \
    --commit "$commit" --options="${BENCH_OPTS:-}"
fi
