#!/usr/bin/env bash
# The banner, and the screen behind it, on GNOME's compositor and its own portal, without
# a screen and without GNOME Shell.
#
#   test/beds/gnome.sh [ARTIFACTS]
#
# It needs no root where the packages are there already. What the monitor showed is left
# as pictures.
set -euo pipefail
[ $# -lt 1 ] || artifacts=$(realpath -m "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
artifacts=${artifacts:-$PWD/artifacts/beds/gnome}
mkdir -p "$artifacts"
exec > >(tee "$artifacts/log") 2>&1

scripts/deps.sh gnome
# Not run is not passed: the variable is what the tests ask for.
export ALONGSIDE_TEST_GNOME=1 ALONGSIDE_SHOTS=$artifacts
go test -race -trimpath -count=1 -v ./test/gnome
go test -race -trimpath -count=1 -v ./test -run 'TestC4_D10_R11_Gnome'
