//go:build !unix

package update

// syncFolder has nothing to do where a folder cannot be written through.
func syncFolder(string) error { return nil }
