package keyring

import "io/fs"

// exposed: files inherit the folder's list of who may, which package transport
// has checked for the identity.
func exposed(fs.FileInfo) bool { return false }
