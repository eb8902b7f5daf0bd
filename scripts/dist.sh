#!/usr/bin/env bash
# Writes dist/: one archive per system with both programs, licence and README,
# and SHA256SUMS. The same commit gives the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf dist
mkdir -p dist
when=$(git log -1 --format=%cI)
for p in $PLATFORMS; do
  os=${p%/*} arch=${p#*/}
  name=alongside-$VERSION-$os-$arch
  mkdir -p "dist/$name"
  GOOS=$os GOARCH=$arch CGO_ENABLED=0 go build -trimpath -ldflags "$LDFLAGS" -o "dist/$name/" ./cmd/alongside ./cmd/alongside-broker
  cp LICENSE README.md "dist/$name/"
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="$when" -C dist -cf - "$name" | gzip -n9 >"dist/$name.tar.gz"
  rm -r "dist/$name"
  echo "dist/$name.tar.gz"
done
(cd dist && sha256sum -- *.tar.gz >SHA256SUMS)
