// Package gnometest runs GNOME's compositor without a screen, with its own portal in
// front of it, for tests that are asked for by name: the beds. There is no GNOME Shell:
// panel, overview and lock screen are missing. It is there on Linux only.
package gnometest
