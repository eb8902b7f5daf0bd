package redact

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// ErrPanicked says that a defect of the program was met. What the panic said is not kept:
// it may be made of what was being worked on.
var ErrPanicked = errors.New("a defect of the program")

// Contain is deferred by what works on a secret: it makes a panic there an error that
// wraps ErrPanicked and tells its place.
func Contain(err *error) {
	if recover() != nil {
		*err = fmt.Errorf("%w at %s", ErrPanicked, Place())
	}
}

// maxFrames is deeper than from a recover to what panicked, below the runtime's own.
const maxFrames = 32

// Place is the function and line that panicked. It is for what is deferred, and only while
// the panic is being recovered.
func Place() string {
	var pcs [maxFrames]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	panicked := false
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicked = true
		case panicked && !strings.HasPrefix(f.Function, "runtime."):
			return fmt.Sprintf("%s (%s:%d)", f.Function, filepath.Base(f.File), f.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}
