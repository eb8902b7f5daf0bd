package x11

import "errors"

// Errors of [Open].
var (
	ErrNoDisplay = errors.New("no display server")         // none named, or none listens there
	ErrRefused   = errors.New("display server refused us") // wrong or missing cookie, or no right to the socket
)
