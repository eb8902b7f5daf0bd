// Package linux has what the endpoint's packages put on a machine beside the program, for
// whatever else installs the same.
package linux

import _ "embed" // the unit

// Unit is the service for systemd, which starts [Program].
//
//go:embed alongside.service
var Unit string

// Program is where packages put the program, as Unit names it.
const Program = "/usr/bin/alongside"
