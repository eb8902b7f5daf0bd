#!/usr/bin/env bash
# Generates the protobuf code: Go for every module, TypeScript for the browser.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x broker/console/node_modules/.bin/buf ] || npm --prefix broker/console ci --no-fund --no-audit
rm -rf broker/console/src/gen
broker/console/node_modules/.bin/buf generate
rm -rf broker/console/src/gen/alongside/ipc
