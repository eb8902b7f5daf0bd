//go:build !linux

package ipc

import "errors"

// Standard is the connection to who started this process with pipes as its standard
// input and output: nobody does here.
func Standard() (*Conn, error) { return nil, errors.Join(ErrNotInherited, errors.ErrUnsupported) }
