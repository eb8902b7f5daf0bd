#!/usr/bin/env bash
# Two users at one machine at once, a rep who goes from one screen to the other, and the
# same machine with nobody signed in: the package, systemd and logind, and desktops by
# xrdp, in a container.
#
#   test/beds/nspawn/journey.sh [ARTIFACTS]
#
# The bundle that the administrator leaves makes the machine a Jump Client in service
# mode. What rep and people do is the program journey.
. "$(dirname "$0")/../lib.sh"

base systemd,systemd-sysv,dbus,libpam-systemd,procps,pamtester,xvfb,xauth,xrdp,xorgxrdp,xserver-xorg-core,freerdp2-x11,openbox,xterm,xdotool,x11-utils
packages 1.0.0
CGO_ENABLED=0 go build -trimpath -o "$root/root/journey" ./test/beds/nspawn/journey
password=$(head -c 12 /dev/urandom | base64)
printf '%s\n' "$password" | ask_broker account create --name rep.one --display-name "Robin Rep" --admin
ask_broker account mfa mandatory off
journey() { inside /root/journey -console "$console" -password "$password" "$@"; }

# A desktop of everybody who comes by RDP: a window manager and a terminal.
cat >"$root/etc/xrdp/startwm.sh" <<'WM'
#!/bin/sh
openbox &
exec xterm -geometry 60x16+60+60 -e sh
WM
chmod +x "$root/etc/xrdp/startwm.sh"
# The login screen of a display manager, as logind sees it.
cat >"$root/etc/pam.d/bed-greeter" <<'PAM'
auth    required pam_permit.so
account required pam_permit.so
session required pam_systemd.so class=greeter type=x11
session required pam_exec.so quiet /usr/bin/sleep infinity
PAM
chroot "$root" usermod --append --groups ssl-cert xrdp # for its certificate
boot_systemd
for user in alice bob; do
  inside useradd --create-home --shell /bin/sh "$user"
  printf '%s:%s\n' "$user" "$password" | inside chpasswd
done
inside useradd --create-home --shell /bin/sh login
tree >"$artifacts/tree-before"

step "install, with a bundle that pins"
journey group Tills
mkdir -p "$root/etc/alongside"
bundle 'consent = "policy"' --jump-group Tills
inside dpkg -i /root/1.0.0.deb
until_true "online" online
id=$(device enrolled)

step "two people sign in by RDP"
# as USER COMMAND…: a command of a user that stays.
as() {
  local user=$1 unit=$2
  shift 2
  inside systemd-run --quiet --unit="$unit" --uid="$user" --setenv=HOME="/home/$user" --setenv=DISPLAY=:7 "$@"
}
as login bed-clients Xvfb :7 -screen 0 1280x1024x24 -noreset -nolisten tcp
until_true "a screen for the clients" test -S "/proc/$init/root/tmp/.X11-unix/X7"
until_true "xrdp listens" sh -c "nsenter -t $init -n -p -m -- grep -q ':0D3D ' /proc/net/tcp /proc/net/tcp6"
for user in alice bob; do
  as login "bed-rdp-$user" xfreerdp /v:127.0.0.1 "/u:$user" "/p:$password" /cert:ignore /size:1024x768 /bpp:24
  until_true "$user has a session" sh -c "nsenter -t $init -m -p -- loginctl --no-legend | grep -w $user"
  until_true "$user has a terminal" inside pgrep -u "$user" xterm
done
inside loginctl
journey people alice bob

step "the machine starts again, and nobody signs in"
reboot_to boot_systemd
until_true "online" online
[ "$(device enrolled)" = "$id" ] || die "the device has another identity: $(devices)"
as login bed-screen sh -c 'xauth -f ~/.Xauthority add :8 . 00112233445566778899aabbccddeeff && exec Xvfb :8 -screen 0 800x600x24 -noreset -nolisten tcp -auth ~/.Xauthority'
until_true "an X server" test -S "/proc/$init/root/tmp/.X11-unix/X8"
as login bed-greeter-window env DISPLAY=:8 xterm -geometry 40x10+50+300 -e sh -c 'echo login:; sleep infinity'
inside systemd-run --quiet --unit=bed-login pamtester -I tty=:8 bed-greeter login open_session
until_true "a login screen" sh -c "nsenter -t $init -m -p -- loginctl --no-legend | grep -w login"
journey absent
online || die "the machine's own package went with the Jump Client"

step "purge"
inside dpkg -P alongside
nothing_left
