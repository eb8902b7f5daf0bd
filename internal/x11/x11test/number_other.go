//go:build !unix

package x11test

import "errors"

// ErrNoNumber means that every number is held.
var ErrNoNumber = errors.New("x11test: no display number is free")

// ReserveNumber holds a display number for a server of a test. There are none here.
func ReserveNumber() (number int, free func(), err error) { return 0, nil, ErrNoNumber }
