//go:build linux

package bed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// Account is one of the accounts that a Polkit's system has beside those of this one.
type Account struct {
	Name, Password string
	Admin          bool // in the group that polkit takes for administrators
	Expired        bool
}

// Polkit is a real system bus with a real polkitd, which the bus starts, and accounts: in a mount namespace
// of its own with a copy of /etc, so that this system is not touched and forgets it
// all. Only root can make one.
type Polkit struct {
	*Process
	dir string
}

// system is what runs in the namespace. Its arguments are a folder, what plays systemd, and
// then, for each account, name, groups and the day on which it expires; passwords are its
// input.
const system = `set -eu
dir=$1 manager=$2; shift 2
cp -a /etc "$dir/etc"
mount --bind "$dir/etc" /etc
if [ -n "$manager" ]; then
  mkdir "$dir/opt" "$dir/lib" "$dir/run"
  cp -a /var/lib/dbus /var/lib/polkit-1 "$dir/lib"
  mount --bind "$dir/opt" /opt
  mount --bind "$dir/lib" /var/lib
  mount --bind "$dir/run" /run
  mkdir -p /run/systemd/system
  mount --bind "$manager" /usr/bin/systemctl
  mount --bind "$manager" /usr/bin/systemd-run
fi
cat >/etc/dbus-1/system.d/played-login1.conf <<'END'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <policy user="root"><allow own="org.freedesktop.login1"/></policy>
  <policy context="default"><allow send_destination="org.freedesktop.login1"/></policy>
</busconfig>
END
mkdir -p /run/dbus
mount -t tmpfs tmpfs /run/dbus
while [ $# -gt 0 ]; do
  useradd --no-create-home --home-dir /nonexistent --groups "$2" --expiredate "$3" "$1"
  shift 3
done
chpasswd
exec dbus-daemon --system --nofork --nopidfile --nosyslog
`

// PolkitNeeds names what is missing here to make one; empty: nothing.
func PolkitNeeds() string {
	for _, program := range []string{"pkexec", "pkttyagent", "dbus-daemon", "dbus-send", "useradd", "chpasswd", "script", "nsenter", "unshare"} {
		if _, err := exec.LookPath(program); err != nil {
			return program + " (`make deps`)"
		}
	}
	for _, program := range []string{"/usr/bin/pkexec", "/usr/lib/polkit-1/polkit-agent-helper-1"} {
		if fi, err := os.Stat(program); err != nil || fi.Mode()&os.ModeSetuid == 0 {
			return program + " with its setuid bit"
		}
	}
	if b, err := os.ReadFile("/proc/self/status"); err != nil || !strings.Contains(string(b), "\nNoNewPrivs:\t0\n") {
		return "to be able to gain privileges"
	}
	if err := exec.Command("unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "tmpfs", "/mnt").Run(); err != nil { //nolint:noctx // it mounts, and ends
		return "mounts of its own"
	}
	return ""
}

// NewPolkit starts one and waits until polkit answers. manager is a program that plays
// systemctl and systemd-run there, and for which /opt, /var/lib and /run are its own, too;
// empty: there is no service manager.
func NewPolkit(ctx context.Context, dir, manager string, log io.Writer, accounts ...Account) (*Polkit, error) {
	args := []string{"--mount", "--propagation", "private", "sh", "-c", system, "sh", dir, manager}
	passwords := ""
	for _, a := range accounts {
		groups, expires := "users", ""
		if a.Admin {
			groups = "sudo"
		}
		if a.Expired {
			expires = "1970-01-02"
		}
		args = append(args, a.Name, groups, expires)
		passwords += a.Name + ":" + a.Password + "\n"
	}
	in, err := typing(passwords)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	p, err := start(command{name: "polkitd", path: "unshare", args: args, env: cleanEnv(), dir: "/", stdin: in, stdout: log, stderr: log})
	if err != nil {
		return nil, err
	}
	k := &Polkit{Process: p, dir: dir}
	err = Until(ctx, "polkit to answer", func() (bool, error) {
		enter := k.Enter(&syscall.Credential{})
		out, err := RunAs(ctx, nil, cleanEnv(), enter[0], append(enter[1:], "dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.PolicyKit1",
			"/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.DBus.Peer.Ping")...)
		return err == nil, fmt.Errorf("%s: %w", out, err)
	})
	if err != nil {
		p.Kill()
		return nil, err
	}
	return k, nil
}

// Path is where a file of that system, which has a manager, is on this one.
func (k *Polkit) Path(path string) string {
	for there, here := range map[string]string{"/etc/": "etc", "/opt/": "opt", "/var/lib/": "lib", "/run/": "run"} {
		if rest, ok := strings.CutPrefix(path, there); ok {
			return filepath.Join(k.dir, here, rest)
		}
	}
	return path
}

// Machine plays a systemd-logind on that system's bus.
func (k *Polkit) Machine() (*Machine, error) {
	return machineOn("unix:path=/proc/" + strconv.Itoa(k.PID()) + "/root/run/dbus/system_bus_socket")
}

// Enter is what stands before a command to run it there as a user.
func (k *Polkit) Enter(u *syscall.Credential) []string {
	return []string{
		"nsenter", "--mount=/proc/" + strconv.Itoa(k.PID()) + "/ns/mnt", "--setuid", strconv.Itoa(int(u.Uid)), "--setgid", strconv.Itoa(int(u.Gid)), "--",
	}
}

// NewAgentThere is NewAgent for a desktop whose user is one of that system.
func (k *Polkit) NewAgentThere(program, state, bundle string, d *Desktop, log io.Writer) (*Agent, error) {
	own := filepath.Join(filepath.Dir(state), filepath.Base(bundle))
	b, err := os.ReadFile(bundle)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(own, b, 0o600); err != nil {
		return nil, err
	}
	if err := os.Chown(own, int(d.user.Uid), int(d.user.Gid)); err != nil {
		return nil, err
	}
	a := &Agent{State: state, Desktop: d, program: program, log: log, enter: k.Enter(d.user)}
	return a, a.start("--bundle", own)
}

// typing is a file that says a little, and then ends.
func typing(text string) (*os.File, error) {
	in, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(w, text)
	return in, errors.Join(err, w.Close())
}

// Question is the desktop's polkit agent: polkit's own, for a terminal.
type Question struct {
	*Process
	said *spoken
	to   *os.File
}

// Desktop starts the agent that asks on behalf of a process, as the agent of a desktop
// does for all of its session.
func (k *Polkit) Desktop(ctx context.Context, u *syscall.Credential, process int) (*Question, error) {
	in, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	q := &Question{said: &spoken{}, to: w}
	// It closes the third descriptor once it is registered.
	line := strings.Join(append(k.Enter(u), "pkttyagent", "--notify-fd", "3", "--process", strconv.Itoa(process)), " ") +
		" 3>&1 1>/dev/tty | { cat; echo registered; }"
	q.Process, err = start(command{
		name: "pkttyagent", path: "script", args: []string{"-qfec", line, "/dev/null"},
		env: append(cleanEnv(), "LC_ALL=C"), dir: "/", stdin: in, stdout: q.said, stderr: q.said,
	})
	_ = in.Close()
	if err != nil {
		_ = w.Close()
		return nil, err
	}
	if err := q.Hears(ctx, "registered"); err != nil {
		q.Close()
		return nil, err
	}
	return q, nil
}

// Close ends the agent.
func (q *Question) Close() {
	q.Kill()
	_ = q.to.Close()
}

// Hears waits until the agent has said something.
func (q *Question) Hears(ctx context.Context, what string) error {
	return Until(ctx, "the desktop to say "+what, func() (bool, error) {
		said := q.said.text()
		return strings.Contains(said, what), errors.New(said)
	})
}

// Answer chooses who vouches and types a password.
func (q *Question) Answer(ctx context.Context, who, password string) error {
	if err := q.Hears(ctx, "Choose identity"); err != nil {
		return err
	}
	choice := ""
	for line := range strings.Lines(q.said.text()) {
		if number, name, ok := strings.Cut(strings.TrimSpace(line), ".  "); ok && strings.HasPrefix(name, who) {
			choice = number
		}
	}
	if _, err := io.WriteString(q.to, choice+"\n"); err != nil {
		return err
	}
	if err := q.Hears(ctx, "Password:"); err != nil {
		return err
	}
	_, err := io.WriteString(q.to, password+"\n")
	return err
}

// spoken is what a program says, for several goroutines.
type spoken struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *spoken) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *spoken) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
