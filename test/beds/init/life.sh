# The life of the deb on a machine that something else than systemd starts. Before:
# system, its packages; up, a command that is true when it is up; enabled, one that is
# true when the service starts with the machine; again (WHAT), what a bed of its own
# does with the service that runs.
. "$(dirname "$0")/../lib.sh"
report() { tail -n 40 "$root/var/log/syslog"; inside ps -ef; }

base "$system,procps,dbus,inetutils-syslogd"
packages 1.0.0 1.1.0
start() { boot sh -c "$up"; }
start
[ ! -e "/proc/$init/root/run/systemd/system" ] || die "systemd runs"
tree >"$artifacts/tree-before"
control() { inside service alongside "$@"; }
stopped() { local rc=0; control status || rc=$?; [ $rc = 3 ] || [ $rc = 1 ]; }
processes() { inside ps -C alongside -o pid= | wc -l; }

step "install without a bundle"
inside dpkg -i /root/1.0.0.deb
inside sh -c "$enabled" || die "it would not start with the machine"
control start || die "without a bundle there is nothing to fail"
stopped || die "it runs without an enrollment"

step "a good bundle"
bundle 'view_only = true' --group Kiosks --tag lobby
control start
control status
until_true "online" online
id=$(device enrolled)
[ -n "$id" ] || die "the broker knows no device"
[ ! -e "$root/etc/alongside/enroll.bundle" ] || die "the bundle is still there"
cmp "$work/floor.toml" "$root/etc/alongside/policy.toml"
[ "$(inside stat -c '%a %a' /run/alongside) $(inside stat -c %a /var/lib/alongside)" = "711 711 700" ] || die "other modes"
main=$(inside cat /run/alongside/service.pid)
inside grep -q '^Max core file size *0 *0 ' "/proc/$main/limits" || die "it may leave a core"
until_true "the system's log has what it says" grep -q 'alongside.*msg=' "$root/var/log/syslog"
control start
[ "$(inside cat /run/alongside/service.pid)" = "$main" ] || die "started twice"

step "killed, restarted, stopped"
inside kill -KILL "$main"
until_true "it is gone" stopped
control start
until_true "online" online
main=$(inside cat /run/alongside/service.pid)
control restart
[ "$(inside cat /run/alongside/service.pid)" != "$main" ] || die "not restarted"
until_true "online" online
control stop
stopped || die "it still runs"
[ "$(processes)" = 0 ] || die "processes are left"
control start

step "upgrade"
inside dpkg -i /root/1.1.0.deb
[ "$(inside alongside version)" = "alongside v1.1.0" ] || die "another version"
inside sh -c 'readlink /proc/$(cat /run/alongside/service.pid)/exe' | grep -qx /usr/bin/alongside || die "the old program still runs"
until_true "online" online
[ "$(device enrolled)" = "$id" ] || die "the device has another identity: $(devices)"

step "the machine starts again"
reboot_to start
until_true "online" online
[ "$(device enrolled)" = "$id" ] || die "the device has another identity: $(devices)"

again

step "remove and install again"
inside dpkg -r alongside
[ "$(processes)" = 0 ] || die "processes are left"
inside dpkg -i /root/1.1.0.deb
until_true "online" online

step "purge"
inside dpkg -P alongside
nothing_left
