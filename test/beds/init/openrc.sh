#!/usr/bin/env bash
# The deb on a machine that OpenRC starts: by the script that is installed, and by
# OpenRC's own, under its supervisor.
#
#   test/beds/init/openrc.sh [ARTIFACTS]
system=sysvinit-core,openrc,initscripts
up='rc-status --runlevel | grep -qx default && ! pgrep -x openrc >/dev/null'
enabled='rc-update show default | grep -w alongside'
again() {
  step "OpenRC's own script"
  inside rc-service alongside stop
  inside cp /etc/init.d/alongside /root/installed
  inside install -m 0755 /usr/share/doc/alongside/alongside.openrc /etc/init.d/alongside
  inside rc-service alongside zap # OpenRC knows of the other that it was started
  inside rc-service alongside start
  until_true "online" online
  local main
  main=$(inside pgrep -xo alongside)
  inside kill -KILL "$main"
  until_true "it is started again" sh -c "nsenter -t $init -m -p -- pgrep -xo alongside | grep -vx $main"
  until_true "online" online
  grep -q msg= "$root/var/log/alongside.log" || die "what it says is lost"
  [ "$(inside stat -c %a /run/alongside) $(inside stat -c %a /var/lib/alongside)" = "711 700" ] || die "other modes"
  inside rc-service alongside stop
  [ "$(processes)" = 0 ] || die "processes are left"
  inside cp /root/installed /etc/init.d/alongside
  inside rc-service alongside start
  until_true "online" online
}
. "$(dirname "$0")/life.sh"
