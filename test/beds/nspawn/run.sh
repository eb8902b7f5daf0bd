#!/usr/bin/env bash
# The endpoint's package on a machine of its own: a container that boots systemd.
#
#   test/beds/nspawn/run.sh [ARTIFACTS]
#
# From nothing: a root file system, both programs, two versions of the packages, a
# broker on this machine. Then what an administrator does: leave a bundle, install,
# upgrade, remove, purge, install again.
. "$(dirname "$0")/../lib.sh"

base systemd,systemd-sysv,dbus,libpam-systemd,procps,pamtester,xvfb,xauth
packages 1.0.0 1.1.0
boot_systemd
inside systemctl --version | head -1
inside useradd --create-home --shell /bin/sh alice
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
bundle 'view_only = true' --group Kiosks --tag lobby
until_true "unit active" inside systemctl -q is-active alongside.service
until_true "online" online
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
until_true "it comes back" online
[ "$(inside systemctl show -P NRestarts alongside)" = 1 ] || die "not started again once"
inside systemctl show -P WatchdogUSec alongside | grep -qx '1min'

step "upgrade"
inside dpkg -i /root/1.1.0.deb
[ "$(inside alongside version)" = "alongside v1.1.0" ] || die "another version"
until_true "online" online
[ "$(device enrolled)" = "$id" ] || die "the device has another identity: $(devices)"
cmp "$work/floor.toml" "$root/etc/alongside/policy.toml"

step "remove and install again"
inside dpkg -r alongside
[ ! -e "$root/usr/bin/alongside" ] || die "the program is still there"
inside dpkg -i /root/1.1.0.deb
until_true "online" online
[ "$(device enrolled)" = "$id" ] || die "the device has another identity: $(devices)"

step "purge"
inside dpkg -P alongside
inside systemctl stop bed-login.service bed-screen.service
rm "$root/etc/pam.d/bed"
[ -z "$(inside systemctl list-unit-files --no-legend 'alongside*')" ] || die "units are left"
nothing_left

step "rpm"
rpm=$work/alongside_1.1.0_$arch.rpm rpmroot=$work/rpmroot
mkdir "$rpmroot"
rpm --root "$rpmroot" --initdb
rpm --root "$rpmroot" -i --nodeps --noscripts --nosignature "$rpm"
rpm --root "$rpmroot" -V --nodeps --noscripts alongside
rpm --root "$rpmroot" -e --nodeps --noscripts alongside
[ -z "$(find "$rpmroot" -name '*alongside*')" ] || die "the rpm leaves files"
echo "ok: the rpm installs, verifies and goes (its scripts were not run)"
