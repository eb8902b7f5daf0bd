package capturetest_test

import (
	"image"
	"testing"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
)

// A script is closed for good: a subject of which Open is called more than once
// gives a new script that shows what the old one did.
type reopened struct {
	*capturetest.Script
}

func (r *reopened) open(testing.TB) capture.Source {
	if r.Closed() || r.Frames() > 0 {
		old := r.Truth(nil)
		r.Script = capturetest.NewScript(old.Rect)
		r.Put(nil, old)
	}
	return r.Script
}

func TestScriptKeepsTheContract(t *testing.T) {
	capturetest.Run(t, func(*testing.T) capturetest.Subject {
		s := &reopened{capturetest.NewScript(image.Rect(0, 0, 320, 240))}
		return capturetest.Subject{Stage: s, Open: s.open}
	})
}

func TestRefinedScriptKeepsTheContract(t *testing.T) {
	capturetest.Run(t, func(*testing.T) capturetest.Subject {
		s := &reopened{capturetest.NewScript(image.Rect(0, 0, 320, 240))}
		return capturetest.Subject{Stage: s, Open: func(t testing.TB) capture.Source { return capture.Refine(s.open(t)) }}
	})
}
