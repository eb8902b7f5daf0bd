# What the beds have in common. A bed sources it first, from any folder, with its
# arguments: the folder for what it leaves, artifacts/beds/NAME if none is given.
# NAME is the bed's folder and program: nspawn-run.
#
# A bed needs root and the right to mount; where that is missing it says so and ends
# with 77: not run is not passed. Everything that it says is kept.
set -euo pipefail
bed=$(basename "$(dirname "$0")")-$(basename "$0" .sh)
[ $# -lt 1 ] || artifacts=$(realpath -m "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
artifacts=${artifacts:-$PWD/artifacts/beds/$bed}
mkdir -p "$artifacts"
exec > >(tee "$artifacts/log") 2>&1

skip() { echo "NOT RUN: $bed: $*"; exit 77; }
step() { printf -- '--- %s %s\n' "$(date -u +%T)" "$*"; }
die() { echo "FAILED: $*"; exit 1; }

[ "$(id -u)" = 0 ] || skip "the bed needs root"
scripts/deps.sh beds
unshare --mount true || skip "this machine does not let us mount"

work=$(mktemp -d)
root=$work/root nspawn= init= broker=
arch=$(go env GOARCH)
finish() {
  rc=$?
  trap - EXIT
  set +e
  [ "$rc" -eq 0 ] || [ -z "$init" ] || report
  [ -z "$init" ] || kill -KILL "$init"
  [ -z "$nspawn" ] || { kill "$nspawn"; wait "$nspawn"; }
  [ -z "$broker" ] || { kill "$broker"; wait "$broker"; }
  rm -rf "$work"
  [ "$rc" -eq 0 ] && echo "PASSED: $bed" || echo "FAILED: $bed ($rc)"
  exit "$rc"
}
trap finish EXIT
# report is what a bed that failed shows of its machine.
report() { inside journalctl --no-pager -b -u 'alongside*' | tail -60; }

# until_true WHAT COMMAND…: it has to be true within two minutes.
until_true() {
  local what=$1 end=$((SECONDS + 120))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || die "not within two minutes: $what"
    sleep 0.2
  done
  echo "ok: $what"
}
inside() { nsenter -t "$init" -m -u -i -n -p -- "$@"; }

# base PACKAGES: a root file system with these, out of apt's own sources, kept in
# ~/.cache/alongside-beds.
base() {
  step "root file system"
  . /etc/os-release
  local sources=/etc/apt/sources.list.d/$ID.sources cache=${XDG_CACHE_HOME:-$HOME/.cache}/alongside-beds
  [ -e "$sources" ] || sources=/etc/apt/sources.list
  local tar=$cache/$VERSION_CODENAME-$(echo "$1" | sha256sum | cut -c1-8).tar
  if [ ! -e "$tar" ]; then
    mkdir -p "$cache"
    mmdebstrap --quiet --variant=minbase --include="$1" "$VERSION_CODENAME" "$tar.$$.tar" "$sources"
    mv "$tar.$$.tar" "$tar"
  fi
  mkdir "$root"
  tar -C "$root" -xf "$tar" --exclude='./dev/*'
}

# packages VERSION…: the endpoint's packages, the deb in the machine's /root.
packages() {
  step "programs and packages"
  local v
  CGO_ENABLED=0 go build -trimpath -o "$work/alongside-broker" ./cmd/alongside-broker
  for v in "$@"; do
    CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=v$v" -o "$work/alongside" ./cmd/alongside
    packaging/linux/build.sh "$work/alongside" "v$v" "$arch" "$work"
    mv "$work/alongside_${v}_$arch.deb" "$root/root/$v.deb"
  done
}

# serve starts a broker on this machine, in the container's network: it has no other.
data=$work/broker-data console=http://127.0.0.1:8080
serve() {
  : >"$work/ready"
  nsenter -t "$init" -n "$work/alongside-broker" serve --data "$data" --listen 127.0.0.1:8443 --plain 127.0.0.1:8080 \
    --organisation "Example Support" >"$work/ready" 2>>"$artifacts/broker.log" &
  broker=$!
  until_true "the broker is ready" grep -q '^ready ' "$work/ready"
}
ask_broker() { "$work/alongside-broker" "$@" --data "$data"; }
devices() { ask_broker device list; }
device() { devices | awk -v state="$1" 'NR > 1 && $NF == state {print $1}'; }
# bundle FLOOR OPTION…: puts a bundle with this floor where the service looks for it.
bundle() {
  printf '%s\n' "$1" >"$work/floor.toml"
  shift
  ask_broker enrollment create --policy "$work/floor.toml" --out "$work/enroll.bundle" "$@"
  install -m 0600 "$work/enroll.bundle" "$root/etc/alongside/enroll.bundle"
  rm "$work/enroll.bundle"
}
online() { inside alongside status 2>/dev/null | grep -x 'link: online'; }

# boot UP…: starts the machine's own init, waits until the command is true in it, and
# starts the broker.
boot() {
  step "boot"
  systemd-nspawn -D "$root" --boot --register=no --keep-unit --private-network --console=pipe \
    </dev/null >>"$artifacts/console.log" 2>&1 &
  nspawn=$!
  until_true "it is up" booted "$@"
  serve
}
booted() {
  kill -0 "$nspawn" || { tail "$artifacts/console.log"; die "the container ended"; }
  init=$(ps -o pid= --ppid "$nspawn" | tr -d ' ')
  [ -n "$init" ] && inside "$@" 2>/dev/null
}
boot_systemd() { boot sh -c 'systemctl is-system-running | grep -qx "running\|degraded"'; }
# reboot_to UP…: the machine starts again.
reboot_to() {
  inside reboot || true
  wait "$nspawn" || true
  kill "$broker"
  wait "$broker" || true
  nspawn= init= broker=
  "$@"
}

# tree lists everything but what every machine changes by itself; usr/lib/rc/cache is
# OpenRC's when it has been down once.
tree() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./tmp -o -path ./root \
    -o -path ./var/log -o -path ./var/tmp -o -path ./var/cache -o -path ./var/lib/systemd -o -path ./home -o -path ./usr/lib/rc/cache \) -prune -o -print |
    grep -v '^./var/lib/dpkg/\(status\|lock\|triggers\|diversions\|statoverride\|available\)' | sort)
}
# nothing_left compares with tree-before.
nothing_left() {
  [ -z "$(inside ps -C alongside -o args=)" ] || die "processes are left"
  tree >"$artifacts/tree-after"
  diff "$artifacts/tree-before" "$artifacts/tree-after" || die "files are left"
  [ -z "$(find "$root/run/" "/proc/$init/root/run" "$root/var/lib/systemd" "$root/var/log" -name 'alongside*' 2>/dev/null)" ] || die "left in /run, /var/log or /var/lib/systemd"
  echo "ok: nothing is left"
}
