//go:build !linux

// Package sysvshm makes System V shared memory that cannot outlive its users.
// It is there on Linux only.
package sysvshm
