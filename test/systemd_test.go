//go:build linux

package test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Where the played service manager has things, as every one has them.
const (
	playedUnit   = "/etc/systemd/system/alongside.service"
	playedWanted = "/etc/systemd/system/multi-user.target.wants/alongside.service"
	playedTrial  = "/etc/systemd/system/alongside-update.service"
	playedPID    = "/run/systemd/alongside.pid"
	playedLog    = "/run/systemd/alongside.log"
)

// playSystemd is systemctl or systemd-run for one unit, in place of a systemd that cannot
// be in a test: it starts what the unit says, waits until that is ready, and stops it. It
// takes nothing from it; that is test/beds/nspawn's.
func playSystemd(name string, args []string) int {
	err := errors.New("not played")
	switch {
	case name == "systemd-run":
		at := slices.Index(args, "--") + 1
		var out []byte
		out, err = exec.Command(args[at], args[at+1:]...).CombinedOutput() //nolint:noctx // ends by itself
		err = errors.Join(err, logPlayed(out))
	case args[0] == "daemon-reload":
		err = nil
	case args[0] == "enable":
		err = errors.Join(os.MkdirAll(filepath.Dir(playedWanted), 0o755), os.Symlink(playedUnit, playedWanted))
	case args[0] == "disable":
		err = os.Remove(playedWanted)
	case args[0] == "reset-failed":
		err = nil
	case args[0] == "restart":
		err = errors.Join(stopPlayed(), startPlayed())
	case args[0] == "start" && args[len(args)-1] == filepath.Base(playedTrial):
		err = startTrial()
	case args[0] == "start":
		err = startPlayed()
	case args[0] == "stop":
		err = stopPlayed()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, name, args, err)
		return 1
	}
	return 0
}

// startTrial starts what the unit of trials says, and does not wait for it.
func startTrial() error {
	unit, err := os.ReadFile(playedTrial)
	if err != nil {
		return err
	}
	_, line, _ := strings.Cut(string(unit), "\nExecStart=")
	line, _, _ = strings.Cut(line, "\n")
	log, err := os.OpenFile(playedLog, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	command := strings.Fields(line)
	cmd := exec.Command(command[0], command[1:]...) //nolint:noctx // it outlasts us
	cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/bin:/bin"}
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, &syscall.SysProcAttr{Setsid: true}
	return cmd.Start()
}

func logPlayed(b []byte) error {
	f, err := os.OpenFile(playedLog, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(b)
	return err
}

func startPlayed() error {
	unit, err := os.ReadFile(playedUnit)
	if err != nil {
		return err
	}
	_, line, _ := strings.Cut(string(unit), "\nExecStart=")
	line, _, _ = strings.Cut(line, "\n")
	if err := os.Mkdir("/run/alongside", 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	const socket = "/run/systemd/notify"
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	says, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer says.Close()
	log, err := os.OpenFile(playedLog, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	command := strings.Fields(line)
	cmd := exec.Command(command[0], command[1:]...) //nolint:noctx // it outlasts us
	cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/bin:/bin", "NOTIFY_SOCKET=" + socket}
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := os.WriteFile(playedPID, []byte(strconv.Itoa(cmd.Process.Pid)), 0o600); err != nil {
		return err
	}
	go func() {
		_ = cmd.Wait()
		_ = says.Close()
	}()
	for b := make([]byte, 1<<10); ; {
		n, err := says.Read(b)
		if err != nil {
			return errors.New("it ended before it was ready")
		}
		if bytes.HasPrefix(b[:n], []byte("READY=1")) {
			return nil
		}
	}
}

func stopPlayed() error {
	b, err := os.ReadFile(playedPID)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	pid, err := strconv.Atoi(string(b))
	if err != nil {
		return err
	}
	_ = syscall.Kill(pid, syscall.SIGTERM)
	for range 600 {
		if !alive(pid) {
			return os.Remove(playedPID)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("it does not end")
}

// alive reports whether a process runs; one that nobody waits for does not.
func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(b), ") Z ")
}
