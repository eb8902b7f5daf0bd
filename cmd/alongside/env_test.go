package main

import (
	"strings"
	"testing"
)

// TestD27_TheLogKeepsSecretsToItself.
func TestD27_TheLogKeepsSecretsToItself(t *testing.T) {
	var out strings.Builder
	newLog(&out, "debug").Debug("said", "token", "canary-4711", "device", "d1")
	if got := out.String(); strings.Contains(got, "canary") || !strings.Contains(got, "device=d1") {
		t.Error(got)
	}
}
