#!/usr/bin/env bash
# Where the time goes, process by process, while the harness runs one workload:
#
#   scripts/bench-profile.sh scroll [FUNCTIONS]
#
# Needs perf and what scripts/bench-peers.sh needs. BENCH, ASSETS, SECONDS_EACH
# and OUT as there. Shares are of the process's own samples: left of functions
# alone, right with what they call.
set -euo pipefail
cd "$(dirname "$0")/.."
workload=${1:?which workload}
top=${2:-25}
bench=${BENCH:-../shared/bench}
out=${OUT:-artifacts/profile}
mkdir -p "$out/bin"
out=$(cd "$out" && pwd)
export ASSETS=${ASSETS:-$out/assets}
CGO_ENABLED=0 go build -o "$out/bin/" ./cmd/... ./bench/cmd/...
(cd "$bench" && go build -o "$out/bin/" ./cmd/...)
[ -f "$ASSETS/video.bgrx" ] || "$bench/assets/mkassets.sh" "$ASSETS"

rm -f "$out/results.jsonl" "$out/pids"
perf record -q -e cpu-clock -F 1997 -a -g -o "$out/perf.data" -- "$out/bin/bench" -assets "$ASSETS" -bin "$out/bin" \
  -out "$out/results.jsonl" -sut bench/suts/alongside.json -only "$workload" -dur "${SECONDS_EACH:-8}" \
  -flips 0 -quiet 1 -fidelity 0.5 2>"$out/bench.err" &
run=$!
while kill -0 $run 2>/dev/null; do
  for exe in /proc/[0-9]*/exe; do
    case $(readlink "$exe" 2>/dev/null) in
      "$out"/bin/alongside | "$out"/bin/alongside-broker | "$out"/bin/alongside-bench)
        dir=${exe%/exe}
        role=$( (tr "\0" "\n" <"$dir/cmdline" | grep -xm1 "run\|helper\|tray\|serve\|view") 2>/dev/null || true)
        [ -z "$role" ] || echo "$role ${dir#/proc/}" >>"$out/pids"
        ;;
    esac
  done
  sleep 0.5
done
wait $run
# The last of each role: what was started before it was there for a moment only.
roles=$(awk '{ last[$1] = $2 } END { for (r in last) print r "=" last[r] }' "$out/pids")
perf script -i "$out/perf.data" -F comm,pid,tid,ip,sym 2>/dev/null | "$out/bin/alongside-bench" profile --top "$top" $roles
