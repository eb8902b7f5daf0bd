package elevation

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }

// run starts the process and waits for its end on one locked thread: the
// system sends the death signal when the thread that started it ends.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	pid := p.cmd.Process.Pid
	_ = unix.Prlimit(pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil)
	started <- nil
	// While the process is a zombie its group's number cannot be another's.
	for unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	kill(p.cmd)
	p.err = p.cmd.Wait()
	close(p.done)
}

// NoCores makes this process and its children leave no core dump: there are
// keys and pictures in it.
func NoCores() error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
