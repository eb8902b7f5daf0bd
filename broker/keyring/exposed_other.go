//go:build !windows

package keyring

import "io/fs"

// exposed reports whether others than the owner may have read the file.
func exposed(fi fs.FileInfo) bool { return fi.Mode().Perm()&0o077 != 0 }
