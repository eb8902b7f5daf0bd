#!/usr/bin/env bash
# Writes dist/: one archive per system with the programs, licence and README,
# the endpoint's packages for Linux, and SHA256SUMS. The same commit gives the
# same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf dist
mkdir -p dist/client
when=$(git log -1 --format=%cI)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
for p in $PLATFORMS; do
  os=${p%/*} arch=${p#*/}
  name=alongside-$VERSION-$os-$arch
  mkdir -p "dist/$name"
  GOOS=$os GOARCH=$arch CGO_ENABLED=0 go build -trimpath -ldflags "$LDFLAGS" -o "dist/$name/" ./cmd/alongside ./cmd/alongside-broker ./cmd/alongside-release
  # What a broker offers on its portal page: --client-dir dist/client
  suffix=
  [ "$os" = windows ] && suffix=.exe
  cp "dist/$name/alongside$suffix" "dist/client/alongside-$os-$arch$suffix"
  if [ "$os" = linux ]; then
    packaging/linux/build.sh "dist/$name/alongside" "$VERSION" "$arch" dist
    install -D -m 0755 packaging/linux/alongside.openrc "dist/$name/openrc/alongside"
  fi
  cp LICENSE README.md "dist/$name/"
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="$when" -C dist -cf - "$name" | gzip -n9 >"dist/$name.tar.gz"
  rm -r "dist/$name"
  echo "dist/$name.tar.gz"
done
(cd dist && sha256sum -- *.tar.gz *.deb *.rpm client/* >SHA256SUMS)
