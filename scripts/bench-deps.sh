#!/usr/bin/env bash
# Installs what the side-by-side harness needs for the entries in $PEERS, where
# it is missing: Debian's packages, MeshCentral by npm into $MESHCENTRAL_DIR.
set -euo pipefail

# "file:package" pairs: the file that shows that the package is there.
want=(/usr/bin/Xvfb:xvfb /usr/bin/xterm:xterm /usr/bin/ffmpeg:ffmpeg /usr/bin/chromium:chromium
  /usr/share/backgrounds/mate:mate-backgrounds /usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf:fonts-dejavu
  /usr/include/turbojpeg.h:libturbojpeg0-dev /usr/include/zlib.h:zlib1g-dev /usr/bin/gcc:gcc
  /usr/include/stdlib.h:libc6-dev /bin/ss:iproute2 /usr/bin/python3:python3 /usr/bin/xdotool:xdotool
  /usr/bin/xprop:x11-utils /usr/bin/zenity:zenity)
for p in ${PEERS:-}; do
  case $p in
    x0vnc-* | web-novnc) want+=(/usr/bin/X0tigervnc:tigervnc-scraping-server) ;;
    xtiger-*) want+=(/usr/bin/Xtigervnc:tigervnc-standalone-server) ;;
    x11vnc-*) want+=(/usr/bin/x11vnc:x11vnc) ;;
    freerdp) want+=(/usr/bin/freerdp-shadow-cli:freerdp2-shadow-x11 /usr/bin/xfreerdp:freerdp2-x11) ;;
    xpra) want+=(/usr/bin/xpra:xpra) ;;
    mesh) want+=(/usr/bin/npm:npm /usr/bin/node:nodejs /usr/bin/curl:curl) ;;
  esac
  [ "$p" != web-novnc ] || want+=(/usr/share/novnc/vnc.html:novnc /usr/bin/websockify:websockify)
done
missing=()
for pair in "${want[@]}"; do
  [ -e "${pair%%:*}" ] || missing+=("${pair#*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null; then
    echo "missing here (names of Debian's packages): ${missing[*]}" >&2
    exit 1
  fi
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  echo "installing: ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

case " ${PEERS:-} " in
  *" mesh "*)
    : "${MESHCENTRAL_DIR:?name a folder for MeshCentral}"
    if [ ! -d "$MESHCENTRAL_DIR/node_modules/meshcentral" ]; then
      mkdir -p "$MESHCENTRAL_DIR"
      echo "installing MeshCentral in $MESHCENTRAL_DIR" >&2
      npm install --prefix "$MESHCENTRAL_DIR" --no-fund --no-audit --loglevel=error meshcentral >&2
    fi
    ;;
esac
