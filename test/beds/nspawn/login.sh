#!/usr/bin/env bash
# The login screen of a real display manager: the package, systemd, logind and PAM in a
# container, LightDM with its greeter, on an Xvnc that comes with each VNC client and so
# needs no seat. Somebody signs in there by the support session that shows it.
#
#   test/beds/nspawn/login.sh [ARTIFACTS]
#
# What rep and people do is the program journey.
. "$(dirname "$0")/../lib.sh"

base systemd,systemd-sysv,dbus,libpam-systemd,procps,lightdm,lightdm-gtk-greeter,tigervnc-standalone-server,xauth,openbox,xterm,xdotool,x11-utils
packages 1.0.0
CGO_ENABLED=0 go build -trimpath -o "$root/root/journey" ./test/beds/nspawn/journey
password=$(head -c 12 /dev/urandom | base64)
printf '%s\n' "$password" | ask_broker account create --name rep.one --display-name "Robin Rep" --admin
ask_broker account mfa mandatory off
report() { inside journalctl --no-pager -b -u 'alongside*' -u lightdm | tail -80; }
journey() { inside /root/journey -console "$console" -password "$password" "$@"; }

cat >"$root/etc/lightdm/lightdm.conf" <<'CONF'
[LightDM]
start-default-seat=false
# A container may lock little memory: the daemon needs what there is for passwords.
lock-memory=false

[Seat:*]
greeter-session=lightdm-gtk-greeter
greeter-hide-users=true
greeter-wrapper=/usr/local/bin/bed-greeter
user-session=bed

[VNCServer]
enabled=true
port=5900
listen-address=127.0.0.1
command=Xtigervnc -SecurityTypes None
width=1024
height=768
depth=24
CONF
# Its log tells when it wants the next answer.
cat >"$root/usr/local/bin/bed-greeter" <<'GREETER'
#!/bin/sh
exec "$@" 2>"/var/log/bed/greeter-$XDG_SESSION_ID.log"
GREETER
cat >"$root/etc/lightdm/lightdm-gtk-greeter.conf" <<'CONF'
[greeter]
allow-debugging=true
CONF
cat >"$root/usr/share/xsessions/bed.desktop" <<'DESKTOP'
[Desktop Entry]
Type=Application
Name=Bed
Exec=/usr/local/bin/bed-desktop
DESKTOP
cat >"$root/usr/local/bin/bed-desktop" <<'WM'
#!/bin/sh
exec openbox --startup "xterm -T Terminal -geometry 60x16+60+60 -e sh"
WM
chmod +x "$root/usr/local/bin/bed-greeter" "$root/usr/local/bin/bed-desktop"
install -d -m 1777 "$root/var/log/bed"
boot_systemd
inside useradd --create-home --shell /bin/sh alice
printf '%s:%s\n' alice "$password" | inside chpasswd

step "install, with a bundle that pins"
journey group Tills
mkdir -p "$root/etc/alongside"
bundle 'consent = "policy"' --jump-group Tills
inside dpkg -i /root/1.0.0.deb
until_true "online" online
until_true "the display manager listens" sh -c "nsenter -t $init -n -p -m -- grep -q ':170C ' /proc/net/tcp"
step "at the login screen"
journey login alice 127.0.0.1:5900
online || die "the machine's own package went with the Jump Client"
