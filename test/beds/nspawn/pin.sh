#!/usr/bin/env bash
# A machine without the package that is pinned out of a session: systemd, logind and polkit
# in a container. The client that a user runs is elevated and pinned in service mode,
# outlasts the session and the machine's restart, takes a newer version, goes back from one
# that crashes, and goes without a trace.
#
#   test/beds/nspawn/pin.sh [ARTIFACTS]
#
# What rep and user do is the program journey.
. "$(dirname "$0")/../lib.sh"

base systemd,systemd-sysv,dbus,libpam-systemd,procps,pamtester,xvfb,xauth,openbox,xterm,xdotool,x11-utils,polkitd,pkexec,policykit-1-gnome
packages 1.0.0
CGO_ENABLED=0 go build -trimpath -o "$root/root/journey" ./test/beds/nspawn/journey
password=$(head -c 12 /dev/urandom | base64)
printf '%s\n' "$password" | ask_broker account create --name rep.one --display-name "Robin Rep" --admin
ask_broker account mfa mandatory off
journey() { inside /root/journey -console "$console" -password "$password" "$@"; }

cat >"$root/etc/pam.d/bed" <<'PAM'
auth    required pam_permit.so
account required pam_permit.so
session required pam_systemd.so class=user type=x11
session required pam_exec.so quiet /usr/bin/sleep infinity
PAM
boot_systemd
ask_broker enrollment create --out "$work/enroll.bundle"
inside useradd --create-home --shell /bin/sh alice
inside useradd --no-create-home --groups sudo boss
printf 'boss:%s\n' "$password" | inside chpasswd
install -m 0755 "$work/alongside" "$root/home/alice/alongside"
install -m 0600 "$work/enroll.bundle" "$root/home/alice/enroll.bundle"
inside chown alice: /home/alice/alongside /home/alice/enroll.bundle
# The machine's own policy names who may release, and a mirror that is there later.
CGO_ENABLED=0 go build -trimpath -o "$work/alongside-release" ./cmd/alongside-release
release() { "$work/alongside-release" --folder "$root/root/mirror" "$@"; }
for key in owner signing fresh; do release key "$work/$key.key"; done
release draft --root "$work/owner.key.pub" --threshold 1 --signing "$work/signing.key.pub" --freshness "$work/fresh.key.pub"
release sign --key "$work/owner.key"
mkdir "$root/etc/alongside"
{ echo 'update_mirror = "http://127.0.0.1:8081"'; release root; } >"$root/etc/alongside/policy.toml"
tree >"$artifacts/tree-before"
# as UNIT COMMAND…: a command of alice's that stays, among her processes: polkit asks the
# agent of the session of whose a process is.
as() {
  local unit=$1
  shift
  inside systemd-run --quiet --unit="$unit" --slice="user-$(inside id -u alice).slice" --uid=alice --setenv=HOME=/home/alice --setenv=DISPLAY=:7 "$@"
}
# signs_in: alice has a desktop that logind knows.
signs_in() {
  as bed-screen sh -c 'xauth -f ~/.Xauthority add :7 . 00112233445566778899aabbccddeeff && exec Xvfb :7 -screen 0 1024x768x24 -noreset -nolisten tcp -auth ~/.Xauthority'
  until_true "an X server" test -S "/proc/$init/root/tmp/.X11-unix/X7"
  as bed-windows openbox
  as bed-terminal xterm -geometry 60x16+60+60 -e sh
  inside systemd-run --quiet --unit=bed-login pamtester -I tty=:7 bed alice open_session
  until_true "a session" sh -c "nsenter -t $init -m -p -- loginctl --no-legend | grep -w alice"
  as bed-polkit /usr/lib/policykit-1-gnome/polkit-gnome-authentication-agent-1
  until_true "her desktop asks for passwords" sh -c "nsenter -t $init -m -p -- journalctl -b -t polkitd | grep 'Registered Authentication Agent'"
}
report() { inside journalctl --no-pager -b -u 'alongside*' -u 'bed-*' -u 'polkit*' | tail -80; }

step "a user runs the client from her folder"
signs_in
as bed-client --setenv=XAUTHORITY=/home/alice/.Xauthority /home/alice/alongside run --bundle /home/alice/enroll.bundle
until_true "the device" sh -c "$(declare -f ask_broker devices device); work=$work data=$data; [ -n \"\$(device enrolled)\" ]"

step "elevated: with an administrator's name and password, and by the question of her desktop"
journey elevate alice boss
until_true "the elevated client is gone" sh -c "! nsenter -t $init -m -p -- pgrep -f 'alongside elevated'"

step "elevated, pinned, reached"
journey pin alice boss
until_true "the elevated client is gone" sh -c "! nsenter -t $init -m -p -- pgrep -f 'alongside elevated'"
[ "$(inside systemctl is-enabled alongside.service)" = enabled ] || die "it would not start with the machine"
cmp "$work/alongside" "$root/opt/alongside/alongside"
[ "$(inside stat -c '%U %a' /opt/alongside/alongside /var/lib/alongside | tr '\n' ' ')" = "root 755 root 700 " ] || die "not root's alone"
inside systemd-analyze security --no-pager alongside.service | tail -1
main=$(inside systemctl show -P MainPID alongside)
if inside nsenter -t "$main" -m -- touch /opt/alongside/alongside 2>/dev/null; then die "the service can write its program"; fi
echo "ok: the service cannot write its program"

step "the machine starts again"
inside systemctl stop bed-client.service
reboot_to boot_systemd
until_true "online" sh -c "nsenter -t $init -m -u -i -n -p -- /opt/alongside/alongside status | grep -x 'link: online'"
signs_in
until_true "its tray is alice's" sh -c "nsenter -t $init -m -p -- ps -C alongside -o user=,args= | grep -x 'alice *.*alongside tray.*'"

# released VERSION PROGRAM RESULT: it is there, the service looks, and this is what comes of
# it and what the broker is told.
released() {
  mkdir "$work/$1"
  install -m 0755 "$2" "$work/$1/alongside-linux-$arch"
  release add --signing "$work/signing.key" --freshness "$work/fresh.key" --release "$1" --rollout 100 "$work/$1/alongside-linux-$arch"
  inside systemctl restart alongside.service
  journey update "$1" "$3"
}
step "a newer version comes by itself"
inside systemd-run --quiet --unit=bed-mirror /root/journey mirror 127.0.0.1:8081 /root/mirror
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=v1.1.0" -o "$work/next" ./cmd/alongside
released v1.1.0 "$work/next" INSTALLED
cmp "$work/next" "$root/opt/alongside/alongside"

step "one that crashes goes by itself"
printf '#!/bin/sh\n[ "$1" = version ] && echo alongside v1.2.0 && exit\nexit 2\n' >"$work/crashing"
released v1.2.0 "$work/crashing" CRASHED
cmp "$work/next" "$root/opt/alongside/alongside"
until_true "online" sh -c "nsenter -t $init -m -u -i -n -p -- /opt/alongside/alongside status | grep -x 'link: online'"

step "unpinned"
journey unpin
until_true "it has ended" sh -c "! nsenter -t $init -m -p -- pgrep -x alongside"
[ -z "$(inside systemctl list-unit-files --no-legend 'alongside*')" ] || die "units are left"
[ -z "$(inside systemctl --failed --no-legend)" ] || die "a unit failed"
inside systemctl stop bed-login.service bed-terminal.service bed-mirror.service bed-polkit.service bed-windows.service bed-screen.service
nothing_left
