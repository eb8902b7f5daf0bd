// Package wire is the protocol of Alongside: what an endpoint agent, a broker
// and a viewer say to each other. docs/PROTOCOL.md is its specification and
// testdata holds the golden vectors that the Go and the TypeScript codec share.
//
// Control messages are protobuf (package wirepb), each behind a length
// ([ReadControl], [AppendControl]). The way of a frame and of an input event is
// hand-packed: [Media] is one message on a media stream, [Update] operations and
// [Input] events are what its payload holds. Parsing is pure: it never reads
// from a connection, never allocates by a peer's length and never panics.
package wire
