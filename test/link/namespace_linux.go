package link

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

const (
	// namespaceDir is where ip-netns(8) keeps its names.
	namespaceDir = "/run/netns/"
	// device is the name of the TUN device in each namespace.
	device = "thin0"
)

// Do runs f in the namespace: sockets that f opens and processes that it starts,
// on its own goroutine, are and stay there.
func (e End) Do(f func() error) error {
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the thread ends with the goroutine and is not reused.
		runtime.LockOSThread()
		ns, err := os.Open(e.path())
		if err != nil {
			done <- err
			return
		}
		defer func() { _ = ns.Close() }()
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("enter namespace %s: %w", e.Namespace, err)
			return
		}
		done <- f()
	}()
	return <-done
}

// path is the file of the namespace.
func (e End) path() string {
	if filepath.IsAbs(e.Namespace) {
		return e.Namespace
	}
	return namespaceDir + e.Namespace
}

// Here is the namespace of this process, as long as it lives. What has no
// place on a link, as X servers, whose sockets meet in one folder however
// many networks there are, is to be started there.
func Here() End { return End{Namespace: fmt.Sprintf("/proc/%d/ns/net", os.Getpid())} }

// openTUN makes the device of a namespace. What is read from it is what the
// namespace sends over it.
func openTUN(namespace string) (f *os.File, err error) {
	err = End{Namespace: namespace}.Do(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != nil {
			return fmt.Errorf("open /dev/net/tun: %w", err)
		}
		r, err := unix.NewIfreq(device)
		if err == nil {
			r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
			err = unix.IoctlIfreq(fd, unix.TUNSETIFF, r)
		}
		if err != nil {
			_ = unix.Close(fd)
			return fmt.Errorf("make device %s: %w", device, err)
		}
		// Only now: the poller takes no descriptor that is not a device yet.
		f = os.NewFile(uintptr(fd), device)
		return nil
	})
	return f, err
}
