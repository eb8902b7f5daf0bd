// Package waylandtest starts real compositors for tests (sway, without a screen)
// and has a small program that draws on them. It is there on Linux only.
package waylandtest
