#!/usr/bin/env bash
# The deb on a machine that sysvinit starts.
#
#   test/beds/init/sysv.sh [ARTIFACTS]
system=sysvinit-core,sysv-rc,insserv,initscripts
up='runlevel | grep -q " 2$" && ! pgrep -x rc >/dev/null'
enabled='ls /etc/rc2.d/S*alongside /etc/rc0.d/K*alongside /etc/rc6.d/K*alongside'
again() { :; }
. "$(dirname "$0")/life.sh"
