//go:build linux && !amd64

package confine

var (
	changingHere = []string{"renameat"}
	// opens are the calls that open a file by its name, and where their flags stand.
	opens = map[string]uint32{"openat": 2}
)
