#!/usr/bin/env bash
# Packs a program that was built for Linux.
#
#   packaging/linux/build.sh PROGRAM VERSION ARCH OUT
#
# VERSION is what `git describe` says, ARCH is GOARCH, OUT is the folder for
# alongside_VERSION_ARCH.deb and .rpm. With SOURCE_DATE_EPOCH the same program
# gives the same bytes.
set -euo pipefail
BINARY=$(realpath "$1") version=${2#v} ARCH=$3 out=$(realpath "$4")
cd "$(dirname "$0")"

# Package managers compare versions: a tag, then what was committed since.
dirty=
if [[ $version == *-dirty ]]; then
  version=${version%-dirty} dirty=.dirty
fi
if [[ $version =~ ^([0-9]+(\.[0-9]+)+)-([0-9]+)-(g[0-9a-f]+)$ ]]; then
  version=${BASH_REMATCH[1]}+${BASH_REMATCH[3]}.${BASH_REMATCH[4]}
elif [[ ! $version =~ ^[0-9]+(\.[0-9]+)+(\+[0-9a-z.]+)?$ ]]; then # no tag yet
  version=0.0.0+$(git rev-list --count HEAD 2>/dev/null || echo 0).${version//[^0-9a-zA-Z]/}
fi
export BINARY ARCH PACKAGE_VERSION=$version$dirty
nfpm=$(go tool -modfile=../../tools/package/go.mod -n nfpm)
for kind in deb rpm; do
  "$nfpm" package --config nfpm.yaml --packager $kind \
    --target "$out/alongside_${PACKAGE_VERSION}_$ARCH.$kind" >/dev/null
  echo "$out/alongside_${PACKAGE_VERSION}_$ARCH.$kind"
done
