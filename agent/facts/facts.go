// Package facts tells what machine this is: its system, processor, memory, file
// systems and addresses. It starts no program, opens no file that a user can write
// and asks no file system that could keep it waiting.
package facts

import (
	"errors"
	"net"
	"os"
	"runtime"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// ErrUnsupported means that this system cannot be asked: give up.
var ErrUnsupported = errors.New("this system tells nothing of itself")

// Read tells how the machine is now. What cannot be found out stays empty.
func Read() (*wirepb.MachineInfo, error) {
	m := &wirepb.MachineInfo{Arch: runtime.GOARCH, Threads: uint32(runtime.NumCPU())} //nolint:gosec // not that many
	m.Hostname, _ = os.Hostname()
	if err := read(m); err != nil {
		return nil, err
	}
	m.Addresses = addresses()
	return m, nil
}

// addresses are those at which others can reach the machine.
func addresses() []*wirepb.Address {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var all []*wirepb.Address
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		of, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range of {
			if len(all) < wire.MaxAddresses {
				all = append(all, &wirepb.Address{Interface: i.Name, Address: a.String()})
			}
		}
	}
	return all
}
