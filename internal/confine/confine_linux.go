package confine

import (
	"fmt"
	"slices"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"golang.org/x/sys/unix"
)

// forbidden are calls that no role makes which only shows a screen: other programs,
// other processes, namespaces, mounts, the kernel itself, and listening.
var forbidden = []string{
	"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd",
	"setns", "unshare", "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsmount",
	"init_module", "finit_module", "delete_module", "kexec_load", "bpf", "perf_event_open", "userfaultfd",
	"io_uring_setup", "add_key", "request_key", "keyctl", "open_by_handle_at", "listen",
}

// changing are calls that change files by their names. openat2 has its flags in memory,
// where a filter cannot see them.
var changing = []string{
	"openat2", "truncate", "unlinkat", "renameat2", "mkdirat", "mknodat", "linkat", "symlinkat",
	"fchmodat", "fchownat", "utimensat", "setxattr", "lsetxattr", "removexattr", "lremovexattr",
}

// Role confines this process with all its threads, by seccomp. It cannot be undone.
func Role(n Needs) error {
	if !seccomp.Supported() {
		return fmt.Errorf("%w: no seccomp", ErrUnsupported)
	}
	deny := seccomp.SyscallGroup{Action: seccomp.ActionErrno, Names: forbidden}
	if !n.Network {
		deny.NamesWithCondtions = append(deny.NamesWithCondtions, seccomp.NameWithConditions{
			Name:       "socket",
			Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.NotEqual, Value: unix.AF_UNIX}},
		})
	}
	if !n.Files {
		deny.Names = slices.Concat(forbidden, changing, changingHere)
		deny.NamesWithCondtions = append(deny.NamesWithCondtions, opening()...)
	}
	f := seccomp.Filter{
		NoNewPrivs: true,
		Flag:       seccomp.FilterFlagTSync,
		Policy:     seccomp.Policy{DefaultAction: seccomp.ActionAllow, Syscalls: []seccomp.SyscallGroup{deny}},
	}
	if err := seccomp.LoadFilter(f); err != nil {
		return fmt.Errorf("%w: seccomp: %w", ErrUnsupported, err)
	}
	// The filter lets calls by another architecture's numbers pass.
	if err := nativeOnly(); err != nil {
		return fmt.Errorf("%w: seccomp: %w", ErrUnsupported, err)
	}
	return nil
}

// opening is what opens files to write in them, or makes them.
func opening() (all []seccomp.NameWithConditions) {
	for name, flags := range opens {
		all = append(all, seccomp.NameWithConditions{
			Name: name,
			Conditions: []seccomp.Condition{{
				Argument: flags, Operation: seccomp.BitsSet, Value: unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC,
			}},
		})
	}
	return all
}
