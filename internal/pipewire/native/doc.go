// Package native speaks PipeWire's native protocol as far as a node of one port
// needs it: package pipewire reads by it, and the tests of both draw.
//
//	pod.go, pod_parse.go   values as PipeWire packs them
//	conn_linux.go          messages and files on the socket
//	memory_linux.go        memory that the daemon shares
//	activation_linux.go    whose turn it is, in shared memory
//	node_linux.go          a node: its life
//	node_port_linux.go     its port: format, buffers, the cycle
//
// Whatever the other side sends or does to its memory ends in an error.
package native

import "errors"

// Errors of a node. None of them passes by itself: close, and open anew.
var (
	ErrNoDaemon = errors.New("no PipeWire daemon")      // nothing answers at the socket
	ErrEnded    = errors.New("stream ended")            // the node or the connection is gone
	ErrRefused  = errors.New("stream refused")          // the daemon says no, or there is no format that both know
	ErrProtocol = errors.New("PipeWire protocol error") // the other side sent what it must not
	ErrClosed   = errors.New("stream closed")           // by Close
)
