// Package viewer is the reference viewer of the protocol, without a window. A
// [Canvas] applies updates and holds the pixels; a [Session] speaks the viewer's
// side of a media stream; [Dial] attaches to a broker with a ticket.
//
// It is strict: what the specification does not allow is an error that wraps
// wire.ErrMalformed, never a guess, and nothing is allocated by a peer's number
// before that number was checked.
package viewer
