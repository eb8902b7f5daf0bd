#!/usr/bin/env bash
# The endpoint's package on a machine of its own: a container that boots systemd.
#
#   test/beds/nspawn/run.sh [ARTIFACTS]
#
# From nothing: a root file system out of apt's own sources (kept in
# ~/.cache/alongside-beds), both programs, two versions of the packages, a broker on
# this machine. Then what an administrator does: leave a bundle, install, upgrade,
# remove, purge, install again. It needs root and the right to mount; where that
# is missing it says so and ends with 77: not run is not passed. Everything that
# it says is kept in ARTIFACTS (artifacts/beds/nspawn).
set -euo pipefail
cd "$(dirname "$0")/../../.."
artifacts=${1:-artifacts/beds/nspawn}
mkdir -p "$artifacts"
artifacts=$(realpath "$artifacts")
exec > >(tee "$artifacts/log") 2>&1

skip() { echo "NOT RUN: $*"; exit 77; }
[ "$(id -u)" = 0 ] || skip "the bed needs root"
scripts/deps.sh beds
unshare --mount true || skip "this machine does not let us mount"

work=$(mktemp -d)
root=$work/root nspawn= init= broker=
finish() {
  rc=$?
  trap - EXIT
  set +e
  if [ "$rc" -ne 0 ] && [ -n "$init" ]; then inside journalctl --no-pager -b -u 'alongside*' | tail -60; fi
  [ -z "$nspawn" ] || { kill "$nspawn"; wait "$nspawn"; }
  [ -z "$broker" ] || { kill "$broker"; wait "$broker"; }
  rm -rf "$work"
  [ "$rc" -eq 0 ] && echo "PASSED: nspawn" || echo "FAILED: nspawn ($rc)"
  exit "$rc"
}
trap finish EXIT

step() { printf -- '--- %s %s\n' "$(date -u +%T)" "$*"; }
die() { echo "FAILED: $*"; exit 1; }
# until WHAT COMMAND…: it has to be true within two minutes.
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

step "root file system"
. /etc/os-release
packages=systemd,systemd-sysv,dbus,libpam-systemd,procps,pamtester,xvfb,xauth
sources=/etc/apt/sources.list.d/$ID.sources
[ -e "$sources" ] || sources=/etc/apt/sources.list
cache=${XDG_CACHE_HOME:-$HOME/.cache}/alongside-beds
base=$cache/$VERSION_CODENAME-$(echo "$packages" | sha256sum | cut -c1-8).tar
if [ ! -e "$base" ]; then
  mkdir -p "$cache"
  mmdebstrap --quiet --variant=minbase --include="$packages" "$VERSION_CODENAME" "$base.new.tar" "$sources"
  mv "$base.new.tar" "$base"
fi
mkdir "$root"
tar -C "$root" -xf "$base" --exclude='./dev/*'

step "programs and packages"
CGO_ENABLED=0 go build -trimpath -o "$work/alongside-broker" ./cmd/alongside-broker
arch=$(go env GOARCH)
for v in 1.0.0 1.1.0; do
  CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$v" -o "$work/alongside" ./cmd/alongside
  packaging/linux/build.sh "$work/alongside" "v$v" "$arch" "$work"
  mv "$work/alongside_${v}_$arch.deb" "$root/root/$v.deb"
done

step "broker"
data=$work/broker-data
"$work/alongside-broker" serve --data "$data" --listen 127.0.0.1:0 --plain 127.0.0.1:0 --organisation "Example Support" \
  >"$work/ready" 2>"$artifacts/broker.log" &
broker=$!
until_true "the broker is ready" grep -q '^ready ' "$work/ready"
devices() { "$work/alongside-broker" device list --data "$data"; }
device() { devices | awk -v state="$1" 'NR > 1 && $NF == state {print $1}'; }
printf 'view_only = true\n' >"$work/floor.toml"
bundle() {
  "$work/alongside-broker" enrollment create --data "$data" --group Kiosks --tag lobby --policy "$work/floor.toml" --out "$1"
}

step "boot"
systemd-nspawn -D "$root" --boot --register=no --keep-unit --console=pipe </dev/null >"$artifacts/console.log" 2>&1 &
nspawn=$!
booted() {
  kill -0 "$nspawn" || { tail "$artifacts/console.log"; die "the container ended"; }
  init=$(ps -o pid= --ppid "$nspawn" | tr -d ' ')
  [ -n "$init" ] && inside systemctl is-system-running 2>/dev/null | grep -qx 'running\|degraded'
}
until_true "systemd runs" booted
inside systemctl --version | head -1
inside useradd --create-home --shell /bin/sh alice

# Everything below the root but what every machine changes by itself.
tree() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./tmp -o -path ./root \
    -o -path ./var/log -o -path ./var/tmp -o -path ./var/cache -o -path ./var/lib/systemd/timers -o -path ./home \) -prune -o -print |
    grep -v '^./var/lib/dpkg/\(status\|lock\|triggers\|diversions\|statoverride\|available\)' | sort)
}
tree >"$artifacts/tree-before"

step "install without a bundle"
inside dpkg -i /root/1.0.0.deb
inside systemctl is-enabled alongside.service alongside.path
[ "$(inside systemctl is-active alongside.service)" = inactive ] || die "it runs without an enrollment"
[ "$(inside systemctl is-active alongside.path)" = active ] || die "nothing waits for a bundle"
[ -z "$(inside systemctl --failed --no-legend)" ] || die "a unit failed"

step "a bad bundle"
echo '{}' >"$root/etc/alongside/enroll.bundle"
until_true "it is kept aside" test -e "$root/etc/alongside/enroll.bundle.refused"
until_true "the log says what to do" sh -c 'nsenter -t '"$init"' -m -p -- journalctl -u alongside | grep "get a new one"'
rm "$root/etc/alongside/enroll.bundle.refused"
until_true "the service rests" sh -c 'nsenter -t '"$init"' -m -p -- systemctl show -P ActiveState alongside | grep -qx "inactive\|failed"'

step "a good bundle, left after the installation"
bundle "$work/enroll.bundle"
install -m 0600 "$work/enroll.bundle" "$root/etc/alongside/enroll.bundle"
rm "$work/enroll.bundle"
until_true "unit active" inside systemctl -q is-active alongside.service
online() { inside alongside status 2>/dev/null | grep -x "$1"; }
until_true "online" online 'link: online'
id=$(device enrolled)
[ -n "$id" ] || die "the broker knows no device"
[ ! -e "$root/etc/alongside/enroll.bundle" ] || die "the bundle is still there"
cmp "$work/floor.toml" "$root/etc/alongside/policy.toml"
inside systemctl show -P StatusText alongside
inside systemd-analyze security --no-pager alongside.service | tail -1

step "helper and tray of the user in front, under the unit's restrictions"
cat >"$root/etc/pam.d/bed" <<'PAM'
auth    required pam_permit.so
account required pam_permit.so
session required pam_systemd.so class=user type=x11
session required pam_exec.so quiet /usr/bin/sleep infinity
PAM
inside systemd-run --quiet --unit=bed-screen --uid=alice --setenv=HOME=/home/alice \
  sh -c 'xauth -f ~/.Xauthority add :7 . 00112233445566778899aabbccddeeff && exec Xvfb :7 -screen 0 800x600x24 -noreset -nolisten tcp -auth ~/.Xauthority'
until_true "an X server" test -S "$root/tmp/.X11-unix/X7" -o -e "/proc/$init/root/tmp/.X11-unix/X7"
inside systemd-run --quiet --unit=bed-login pamtester -I tty=:7 bed alice open_session
until_true "a session" sh -c 'nsenter -t '"$init"' -m -p -- loginctl --no-legend | grep alice'
roles() { inside ps -C alongside -o user=,args= | grep -x "alice *.*alongside $1.*"; }
until_true "the helper is the user's" roles helper
until_true "the tray is the user's" roles tray
screen() { inside journalctl --no-pager -o cat -u alongside | grep 'role=helper reason=REASON_OK .*backend=x11'; }
until_true "the helper sees the screen" screen
# There is no bus of the session here, so the tray has no icon, and says so.
if inside journalctl --no-pager -o cat "_SYSTEMD_INVOCATION_ID=$(inside systemctl show -P InvocationID alongside)" |
  grep -v 'no tray icon' | grep 'level=WARN\|level=ERROR\|denied\|not permitted'; then
  die "the log has errors"
fi

step "killed, hung"
inside systemctl kill -s KILL --kill-who=main alongside.service
until_true "it comes back" online 'link: online'
[ "$(inside systemctl show -P NRestarts alongside)" = 1 ] || die "not started again once"
inside systemctl show -P WatchdogUSec alongside | grep -qx '1min'

step "upgrade"
inside dpkg -i /root/1.1.0.deb
[ "$(inside alongside version)" = "alongside 1.1.0" ] || die "another version"
until_true "online" online 'link: online'
[ "$(device enrolled)" = "$id" ] || die "the device has another identity: $(devices)"
cmp "$work/floor.toml" "$root/etc/alongside/policy.toml"

step "remove and install again"
inside dpkg -r alongside
[ ! -e "$root/usr/bin/alongside" ] || die "the program is still there"
inside dpkg -i /root/1.1.0.deb
until_true "online" online 'link: online'
[ "$(device enrolled)" = "$id" ] || die "the device has another identity: $(devices)"

step "purge"
inside dpkg -P alongside
inside systemctl stop bed-login.service bed-screen.service
rm "$root/etc/pam.d/bed"
[ -z "$(inside systemctl list-unit-files --no-legend 'alongside*')" ] || die "units are left"
if inside ps -C alongside; then die "processes are left"; fi
tree >"$artifacts/tree-after"
diff "$artifacts/tree-before" "$artifacts/tree-after" || die "files are left"
[ -z "$(find "$root/run/" "/proc/$init/root/run" -name 'alongside*' 2>/dev/null)" ] || die "left in /run"
echo "ok: nothing is left"

step "rpm"
rpm=$work/alongside_1.1.0_$arch.rpm rpmroot=$work/rpmroot
mkdir "$rpmroot"
rpm --root "$rpmroot" --initdb
rpm --root "$rpmroot" -i --nodeps --noscripts --nosignature "$rpm"
rpm --root "$rpmroot" -V --nodeps --noscripts alongside
rpm --root "$rpmroot" -e --nodeps --noscripts alongside
[ -z "$(find "$rpmroot" -name '*alongside*')" ] || die "the rpm leaves files"
echo "ok: the rpm installs, verifies and goes (its scripts were not run)"
