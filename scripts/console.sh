#!/usr/bin/env bash
# Builds or tests the console. npm installs from the lock file when needed.
set -euo pipefail
cd "$(dirname "$0")/../broker/console"
if [ ! -e node_modules/.installed ] || [ package-lock.json -nt node_modules/.installed ]; then
  npm ci --no-fund --no-audit --loglevel=error
  touch node_modules/.installed
fi
case "${1:-}" in
  build) npm run --silent build ;;
  test)
    npm run --silent check
    npm test --silent
    before=$(find dist -type f -print0 | sort -z | xargs -0 sha256sum)
    npm run --silent build
    after=$(find dist -type f -print0 | sort -z | xargs -0 sha256sum)
    if [ "$before" != "$after" ]; then
      echo "the console's built assets are stale: run \`make console\` and commit dist" >&2
      exit 1
    fi
    ;;
  *)
    echo "usage: scripts/console.sh build|test" >&2
    exit 2
    ;;
esac
