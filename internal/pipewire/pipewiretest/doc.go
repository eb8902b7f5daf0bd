// Package pipewiretest runs a PipeWire daemon and its session manager for a test, and
// draws into video nodes there.
package pipewiretest
