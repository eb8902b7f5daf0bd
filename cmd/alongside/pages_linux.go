package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// statusSize is more than /proc/self/status ever has.
const statusSize = 4 << 10

// pages is the file of this process in memory.
type pages struct {
	status *os.File
	text   [][2]uintptr // where its code and constants are: from, to
	read   [statusSize]byte
}

// openPages finds the pages that are the file's and cannot be written. Those can
// be dropped at any time: they come back as they were. Where the loader has written
// to them before it locked them (RELRO) they are the process's own and stay.
func openPages() (*pages, error) {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return nil, err
	}
	p := &pages{text: clean(string(maps), self)}
	if p.status, err = os.Open("/proc/self/status"); err != nil {
		return nil, err
	}
	return p, nil
}

// clean are the parts of memory that are all of a file, by proc_pid_smaps(5).
func clean(smaps, file string) (parts [][2]uintptr) {
	var at [2]uintptr
	var is bool
	for line := range strings.Lines(smaps) {
		var from, to uintptr
		var rights, offset, device, inode, path string
		if n, _ := fmt.Sscanf(line, "%x-%x %s %s %s %s %s", &from, &to, &rights, &offset, &device, &inode, &path); n >= 6 {
			at, is = [2]uintptr{from, to}, path == file && !strings.Contains(rights, "w")
		} else if is && strings.HasPrefix(line, "Anonymous:") {
			if f := strings.Fields(line); len(f) == 3 && f[1] == "0" {
				parts = append(parts, at)
			}
			is = false
		}
	}
	return parts
}

func (p *pages) close() { _ = p.status.Close() }

// resident is how many bytes of files the process holds, 0 if the system does not
// say. Those that are not the program's are libraries, and few.
func (p *pages) resident() int64 {
	n, _ := p.status.ReadAt(p.read[:], 0)
	_, after, _ := bytes.Cut(p.read[:n], []byte("\nRssFile:"))
	digits, _, _ := bytes.Cut(bytes.TrimSpace(after), []byte(" "))
	kib, _ := strconv.ParseInt(string(digits), 10, 64)
	return kib << 10
}

// giveBack drops the pages. An error would mean that they stay.
func (p *pages) giveBack() {
	for _, t := range p.text {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, t[0], t[1]-t[0], unix.MADV_DONTNEED)
	}
}
