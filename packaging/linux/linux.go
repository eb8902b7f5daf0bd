// Package linux has what the endpoint's packages put on a machine beside the program, for
// whatever else installs the same.
package linux

import _ "embed" // the unit

// Unit is the service for systemd, which starts [Program].
//
//go:embed alongside.service
var Unit string

// UpdateUnit brings the trial of a new version of the program to its end, where no package
// manager does that: [LastProgram] does, which is the one before it.
//
//go:embed alongside-update.service
var UpdateUnit string

// LastProgram is the program that UpdateUnit starts.
const LastProgram = "/opt/alongside/last"

// Program is where packages put the program, as Unit names it.
const Program = "/usr/bin/alongside"
