#!/usr/bin/env bash
# Installs what tests and the demo need beside Go, git and make, where it is missing.
#
#   scripts/deps.sh [demo|test|check|beds|gnome|robotgo]
#
# Debian and Ubuntu: by apt, with sudo when not root. Elsewhere it names what is
# missing and ends with 1. It does nothing, quickly, when all is there.
set -euo pipefail

# "command:package" pairs: the command that shows that the package is there.
desktop=(Xvfb:xvfb xauth:xauth setxkbmap:x11-xkb-utils xrandr:x11-xserver-utils xprop:x11-utils
  xdotool:xdotool xterm:xterm openbox:openbox xfce4-panel:xfce4-panel mousepad:mousepad feh:feh
  zenity:zenity dbus-run-session:dbus dbus-launch:dbus-x11 fc-list:fontconfig)
test=(gcc:gcc Xtigervnc:tigervnc-standalone-server kdialog:kdialog xclip:xclip xsel:xsel ip:iproute2
  node:nodejs npm:npm sway:sway foot:foot Xwayland:xwayland curl:curl jq:jq ffmpeg:ffmpeg pipewire:pipewire wireplumber:wireplumber
  gst-launch-1.0:gstreamer1.0-tools rpm:rpm desktop-file-validate:desktop-file-utils systemd-analyze:systemd pkexec:pkexec
  tinyproxy:tinyproxy-bin)
# Of what tests with PipeWire need, one has no command.
plugin=/usr/lib/$(uname -m)-linux-gnu/gstreamer-1.0/libgstpipewire.so:gstreamer1.0-pipewire
files=(/usr/include/stdlib.h:libc6-dev /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:fonts-dejavu-core)

# Tests take the browser without windows of its own: the same engine, and half the work.
shell=/usr/lib/chromium/chromium-headless-shell

want=("${desktop[@]}")
browser=chromium
case "${1:-test}" in
  demo) ;;
  test | check)
    browser=headless
    want+=("${test[@]}")
    files+=("$plugin" "${plugin/libgstpipewire.so:*/libgstvideotestsrc.so:gstreamer1.0-plugins-base}")
    ;;
  beds)
    want=(systemd-nspawn:systemd-container mmdebstrap:mmdebstrap rpm:rpm nsenter:util-linux)
    files=()
    browser=
    ;;
  gnome)
    want=(gcc:gcc mutter:mutter Xwayland:xwayland pipewire:pipewire wireplumber:wireplumber dbus-daemon:dbus zenity:zenity)
    files+=(/usr/libexec/xdg-desktop-portal:xdg-desktop-portal /usr/libexec/xdg-desktop-portal-gnome:xdg-desktop-portal-gnome)
    browser=
    ;;
  robotgo)
    want=(gcc:gcc pkg-config:pkg-config)
    files=(/usr/include/X11/extensions/XTest.h:libxtst-dev /usr/include/X11/Xlib.h:libx11-dev
      /usr/include/xkbcommon/xkbcommon.h:libxkbcommon-dev /usr/include/png.h:libpng-dev
      /usr/include/X11/Xcursor/Xcursor.h:libxcursor-dev)
    browser=
    ;;
  *)
    echo "usage: scripts/deps.sh [demo|test|check|beds|gnome|robotgo]" >&2
    exit 2
    ;;
esac

missing=()
for pair in "${want[@]}"; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing+=("${pair#*:}")
done
for pair in "${files[@]}"; do
  [ -e "${pair%%:*}" ] || missing+=("${pair#*:}")
done
have() { for name; do command -v "$name" >/dev/null && return; done; return 1; }
case "$browser" in
  headless) have "$shell" || { have chromium google-chrome chromium-browser && ! apt-cache show chromium-headless-shell >/dev/null 2>&1; } ||
    missing+=("$browser") ;;
  chromium) have chromium google-chrome chromium-browser || missing+=("$browser") ;;
esac
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "missing here (names of Debian's packages): ${missing[*]/headless/chromium}" >&2
  exit 1
fi
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
echo "installing: ${missing[*]}" >&2
# A new machine may be busy with its own updates at that moment.
wait_for_lock=(-o DPkg::Lock::Timeout=600)
"${as_root[@]}" apt-get update "${wait_for_lock[@]}" -qq
if [ "${missing[-1]}" = headless ]; then # Debian's, of late; others have it in the browser only
  missing[-1]=chromium
  ! apt-cache show chromium-headless-shell >/dev/null 2>&1 || missing[-1]=chromium-headless-shell
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install "${wait_for_lock[@]}" -y -qq --no-install-recommends "${missing[@]}" >&2
