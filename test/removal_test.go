//go:build linux

package test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// inRoot runs a script in this machine's root, of which it changes a copy in memory
// only: an overlay in a mount namespace of its own.
const inRoot = `set -eu
mount -t tmpfs none "$1"
mkdir "$1/up" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/up,workdir=$1/work" "$1/root"
mount --rbind /proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mkdir "$1/root/in"
mount --bind "$2" "$1/root/in"
chroot "$1/root" sh -eu /in/script
cd "$1/up"
find . -path ./in -prune -o -name '*alongside*' -print | grep -v '^./var/lib/\(dpkg\|rpm\)\|^./var/log\|^./etc/systemd\|deb-systemd' >/"$2/left" || true
`

// script is the run of the script in a folder; the copy is mounted at another.
func script(ctx context.Context, at, in string) *exec.Cmd {
	return exec.CommandContext(ctx, "unshare", "--mount", "--propagation", "private", "sh", "-c", inRoot, "sh", at, in)
}

// initScript is the life of the service where no systemd is: started once, known by its
// state, restarted, stopped, and left running for the removal to stop.
const initScript = `trap 'kill $(cat /run/alongside/service.pid) 2>/dev/null || true' EXIT
service alongside stop
service alongside status && exit 1
service alongside start
service alongside status
main=$(cat /run/alongside/service.pid)
service alongside start
test "$main" = "$(cat /run/alongside/service.pid)"
alongside status
service alongside restart
test "$main" != "$(cat /run/alongside/service.pid)"
service alongside stop
rc=0; service alongside status || rc=$?; test $rc = 3
service alongside start`

// TestK_RemovalForgetsTheDevice installs and removes both packages for real, with
// their own scripts, on a copy of this machine without a systemd: where the
// administrator asked for it, the broker forgets the device, and nothing is left.
func TestK_RemovalForgetsTheDevice(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("NEEDS ROOT: packages are installed by root. Nothing of this test was proved.")
	}
	probe := t.TempDir()
	if err := os.WriteFile(filepath.Join(probe, "script"), []byte("true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := script(t.Context(), t.TempDir(), probe).CombinedOutput(); err != nil {
		t.Skipf("NOT RUN: this machine does not let us mount an overlay (%v: %s). Nothing of this test was proved.", err, out)
	}
	build := exec.CommandContext(t.Context(), "../packaging/linux/build.sh", filepath.Join(programs, "alongside"), "v1.0.0", runtime.GOARCH, t.TempDir())
	build.Stderr = os.Stderr
	out, err := build.Output()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, setup{noAgent: true, noDesktop: true})
	packages := strings.Fields(string(out))
	for i, kind := range []struct{ name, install, serve, remove string }{
		{"deb", "dpkg -i /in/*.deb", initScript, "dpkg -P alongside"},
		{"rpm", "rpm --initdb; rpm -i --nodeps --nosignature /in/*.rpm", "", "rpm -e alongside"},
	} {
		in := w.mkdir(kind.name + "-in")
		w.must(os.Rename(packages[i], filepath.Join(in, filepath.Base(packages[i]))))
		bundle, err := w.broker.Bundle(w.ctx, in)
		w.must(err)
		lines := strings.Join([]string{
			kind.install, "alongside enroll --bundle /in/" + filepath.Base(bundle), "test -e /var/lib/alongside/identity.key", kind.serve,
			"touch /etc/alongside/forget-on-removal", kind.remove, "test ! -e /usr/bin/alongside", "test ! -e /var/lib/alongside", "test ! -e /etc/alongside", "test ! -e /run/alongside",
		}, "\n")
		w.must(os.WriteFile(filepath.Join(in, "script"), []byte(lines+"\n"), 0o600))
		cmd := script(w.ctx, w.mkdir(kind.name+"-root"), in)
		cmd.Stdout, cmd.Stderr = w.log, w.log
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v", kind.name, err)
		}
		left, err := os.ReadFile(filepath.Join(in, "left"))
		w.must(err)
		if len(left) > 0 {
			t.Errorf("%s left: %s", kind.name, left)
		}
	}
	devices, err := w.broker.Devices(w.ctx)
	w.must(err)
	if n := strings.Count(devices, "revoked"); n != len(packages) {
		t.Errorf("%d devices are revoked:\n%s", n, devices)
	}
}
