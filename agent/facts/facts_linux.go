package facts

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// maxFile is how much of a file is read: /proc/cpuinfo of a large machine is longer,
// and says the same of each processor.
const maxFile = 256 << 10

func read(m *wirepb.MachineInfo) error {
	m.Os = "Linux"
	if v := value("/etc/os-release", "PRETTY_NAME="); v != "" {
		m.Os = strings.Trim(v, `"'`)
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Kernel = unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
	}
	if up, _, ok := strings.Cut(value("/proc/uptime", ""), "."); ok {
		m.UptimeS, _ = strconv.ParseUint(up, 10, 64)
	}
	m.Processor = processor()
	m.Processor = m.Processor[:min(len(m.Processor), wire.MaxName)]
	m.MemoryBytes = kilobytes("MemTotal:")
	m.MemoryFreeBytes = kilobytes("MemAvailable:")
	m.Disks = disks("/proc/self/mountinfo")
	return nil
}

// processor is what the first one calls itself; not every architecture says it there.
func processor() string {
	if _, name, ok := strings.Cut(value("/proc/cpuinfo", "model name"), ":"); ok {
		return strings.TrimSpace(name)
	}
	return strings.TrimRight(value("/proc/device-tree/model", ""), "\x00")
}

func kilobytes(key string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(value("/proc/meminfo", key), "kB")), 10, 64)
	return n * 1024
}

// value is the rest of the first line that begins so.
func value(file, prefix string) string {
	v := ""
	lines(file, func(line string) bool {
		rest, found := strings.CutPrefix(line, prefix)
		v = rest
		return !found
	})
	return strings.TrimSpace(v)
}

// lines calls each for the lines of a file until it says that this is enough.
func lines(file string, each func(line string) (more bool)) {
	f, err := os.Open(file)
	if err != nil {
		return
	}
	defer f.Close()
	for sc := bufio.NewScanner(io.LimitReader(f, maxFile)); sc.Scan(); {
		if !each(sc.Text()) {
			return
		}
	}
}

// onDisk says whether a file system is kept on a disk of the machine's own. The
// others are nobody's disk, or are on a network or a program of a user's: asking one
// of those how full it is may take for ever.
func onDisk(fileSystem string) bool {
	switch fileSystem {
	case "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "jfs", "reiserfs", "nilfs2",
		"vfat", "msdos", "exfat", "ntfs", "ntfs3", "hfs", "hfsplus", "udf", "iso9660":
		return true
	}
	return false
}

// disks are the file systems in a table of mounts, each once, where it was mounted
// first. The root is told in any case: in a container it is of no such kind.
func disks(table string) []*wirepb.Disk {
	var all []*wirepb.Disk
	seen := map[string]bool{}
	lines(table, func(line string) bool {
		// 36 35 98:0 /root-in-it /mount options [tags ...] - type source options
		fields := strings.Fields(line)
		_, rest, ok := strings.Cut(line, " - ")
		kind, _, ok2 := strings.Cut(rest, " ")
		if !ok || !ok2 || len(fields) < 5 {
			return true
		}
		device, mount := fields[2], unescape(fields[4])
		if seen[device] || !onDisk(kind) && mount != "/" || len(mount) > wire.MaxName {
			return true
		}
		var s unix.Statfs_t
		if unix.Statfs(mount, &s) != nil || s.Blocks == 0 {
			return true
		}
		seen[device] = true
		size := uint64(max(s.Bsize, 0)) //nolint:gosec // not negative
		all = append(all, &wirepb.Disk{Mount: mount, FileSystem: kind, Bytes: s.Blocks * size, FreeBytes: s.Bavail * size})
		return len(all) < wire.MaxDisks
	})
	return all
}

// unescape undoes how the kernel writes blanks in a name of a mount.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}
