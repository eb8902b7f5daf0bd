// Package gnome has the tests that need GNOME's compositor and portal:
// test/beds/gnome.sh runs them.
package gnome
