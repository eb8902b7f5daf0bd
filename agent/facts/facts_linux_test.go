package facts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/alongside-remote/alongside/wire"
)

// What is told is what the system says of itself elsewhere.
func TestX6_FactsAreThoseOfThisMachine(t *testing.T) {
	m, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		t.Fatal(err)
	}
	host, _ := os.Hostname()
	if m.Hostname != host || m.Os == "" || !strings.HasSuffix(m.Kernel, " "+unix.ByteSliceToString(u.Release[:])) || m.Arch == "" {
		t.Errorf("system: %v", m)
	}
	var s unix.Sysinfo_t
	if err := unix.Sysinfo(&s); err != nil {
		t.Fatal(err)
	}
	if m.UptimeS == 0 || m.UptimeS > uint64(s.Uptime)+1 || m.Threads == 0 {
		t.Errorf("up for %d s, the kernel says %d", m.UptimeS, s.Uptime)
	}
	if m.MemoryBytes == 0 || m.MemoryFreeBytes == 0 || m.MemoryFreeBytes > m.MemoryBytes {
		t.Errorf("memory %d, free %d", m.MemoryBytes, m.MemoryFreeBytes)
	}
	var root unix.Statfs_t
	if err := unix.Statfs("/", &root); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, d := range m.Disks {
		if d.FreeBytes > d.Bytes || d.Bytes == 0 {
			t.Errorf("%v", d)
		}
		found = found || d.Mount == "/" && d.Bytes == root.Blocks*uint64(root.Bsize)
	}
	if !found {
		t.Errorf("the root is not among %v", m.Disks)
	}
	for _, a := range m.Addresses {
		if strings.HasPrefix(a.Address, "127.") || a.Address == "::1/128" || a.Interface == "" {
			t.Errorf("%v", a)
		}
	}
}

// A file system of a network or of a user's program may never answer: it is not
// asked. What is mounted twice is told once, and there is an end to how many there are.
func TestX6_OnlyDisksOfTheMachineAreAsked(t *testing.T) {
	here := t.TempDir()
	spaced := filepath.Join(here, "a b")
	if err := os.Mkdir(spaced, 0o700); err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(here, "mountinfo")
	text := "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n" +
		"22 21 8:1 /x " + here + " rw shared:1 - ext4 /dev/sda1 rw\n" +
		"23 21 8:2 / " + strings.ReplaceAll(spaced, " ", `\040`) + " rw - xfs /dev/sda2 rw\n" +
		"24 21 0:40 / " + here + " rw - nfs4 server:/export rw\n" +
		"25 21 0:41 / " + here + " rw - fuse.sshfs host: rw\n" +
		"26 21 0:42 / /proc rw - proc proc rw\n" +
		"27 21 8:3 / " + here + "/gone rw - ext4 /dev/sda3 rw\n" +
		"nonsense\n28 21 8:4 - ext4\n"
	for range wire.MaxDisks {
		text += "29 21 9:" + strings.Repeat("1", 1+len(text)%50) + " / " + here + " rw - ext4 /dev/x rw\n"
	}
	if err := os.WriteFile(table, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := disks(table)
	if len(got) < 3 || len(got) > wire.MaxDisks || got[0].Mount != "/" || got[1].Mount != spaced || got[1].FileSystem != "xfs" {
		t.Errorf("%v", got)
	}
	for _, d := range got {
		if d.FileSystem != "ext4" && d.FileSystem != "xfs" {
			t.Errorf("asked: %v", d)
		}
	}
}
