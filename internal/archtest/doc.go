// Package archtest holds the architecture as tests: who may import whom, where
// code of one operating system may live, and a few rules that a reader relies on.
package archtest
