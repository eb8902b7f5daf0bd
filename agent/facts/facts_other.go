//go:build !linux

package facts

import "github.com/alongside-remote/alongside/wire/wirepb"

func read(*wirepb.MachineInfo) error { return ErrUnsupported }
