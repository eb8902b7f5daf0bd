// Package test holds the whole-system tests: the programs as they are shipped,
// a real X server with a desktop on it, and a real browser. The parts come from
// package bed; a test here names the behaviour that it proves.
package test
