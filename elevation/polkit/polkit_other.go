//go:build !linux

package polkit

// Ways says which there are here: none.
func Ways() (prompt, credentials bool) { return false, false }

// Process is a started process.
type Process struct{}

// Start starts nothing.
func Start(Spec) (*Process, error) { return nil, ErrUnavailable }

// Done is closed when the process is gone.
func (*Process) Done() <-chan struct{} { return nil }

// Err says why it ended, after Done.
func (*Process) Err() error { return ErrUnavailable }

// Kill ends the process, as long as it has no more rights than we.
func (*Process) Kill() {}
