package confine

// Of this architecture there are old forms of the calls as well.
var (
	changingHere = []string{"creat", "unlink", "rmdir", "rename", "renameat", "mkdir", "mknod", "link", "symlink", "chmod", "chown", "lchown", "utime", "utimes", "futimesat"}
	// opens are the calls that open a file by its name, and where their flags stand.
	opens = map[string]uint32{"open": 1, "openat": 2}
)
