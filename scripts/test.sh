#!/usr/bin/env bash
# Runs every test: the console's beside the Go tests, which are the command that is
# given. What the console's say comes in one piece when they are done; either side's
# failure is the whole's, and ends neither.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
(
  rc=0
  scripts/console.sh test >"$log" 2>&1 || rc=$?
  cat "$log"
  exit "$rc"
) &
console=$!
rc=0
"$@" || rc=$?
wait "$console" || rc=$?
exit "$rc"
