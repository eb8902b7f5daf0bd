// Package doctor says what of the endpoint works on this machine and why the rest
// does not, in one report: for the person at the machine, and for whoever helps
// them by telephone. It changes nothing.
package doctor

import (
	"context"
	"log/slog"
	"runtime"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
)

// State is how a part of the endpoint is.
type State string

// States.
const (
	Works   State = "works"
	Limited State = "limited" // support is possible, something of it is not
	Fails   State = "fails"   // there is no support without it
	Unknown State = "unknown" // could not be looked at, because something before it fails
)

// Finding is what was found out about one part. Name and Reason stay the same from
// version to version; Reason is a code that the rep sees, too, in words.
type Finding struct {
	Name   string `json:"name"`
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`
	Detail string `json:"detail,omitempty"`
	Advice string `json:"advice,omitempty"` // what a person can do about it
}

// Report is all that was found, in the order in which things depend on each other.
type Report struct {
	Version  string    `json:"version"`
	System   string    `json:"system"` // GOOS/GOARCH
	At       time.Time `json:"at"`
	Findings []Finding `json:"findings"`
}

// Works reports whether a support session is possible.
func (r Report) Works() bool {
	for _, f := range r.Findings {
		if f.State == Fails {
			return false
		}
	}
	return true
}

// Service asks the service of this machine how it is. Its error says that there is
// none or that it does not answer.
type Service func(ctx context.Context) (*ipcpb.TrayStatus, error)

// Config is what Examine looks at.
type Config struct {
	Version string
	State   string // directory of the device's state
	Floor   string // file of the machine's own policy
	Place   string // folder of a program that replaces itself; empty: it does not
	Service Service
	Log     *slog.Logger // for what backends say while they are tried
}

// Examine looks at everything. It takes some seconds where the network is dead; a
// context that ends makes the rest unknown.
func Examine(ctx context.Context, c Config) Report {
	r := Report{Version: c.Version, System: runtime.GOOS + "/" + runtime.GOARCH, At: time.Now().UTC()}
	enrolled, f := enrollment(c.State)
	r.Findings = append(r.Findings, f, floor(c.Floor), updates(c))
	r.Findings = append(r.Findings, network(ctx, c, enrolled)...)
	status, f := service(ctx, c.Service)
	r.Findings = append(r.Findings, f)
	if caps := status.GetCapabilities(); caps != nil {
		return r.add(reported(caps)...)
	}
	return r.add(tried(ctx, c.Log)...)
}

func (r Report) add(f ...Finding) Report {
	r.Findings = append(r.Findings, f...)
	return r
}
