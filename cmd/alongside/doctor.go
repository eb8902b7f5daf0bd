package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"

	"github.com/alongside-remote/alongside/doctor"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
)

// errUnwell is the answer of a doctor who found something.
var errUnwell = errors.New("a support session is not possible on this machine now")

type doctorCmd struct {
	local
	floorFlag
	JSON bool `name:"json" help:"Print the report as JSON, for programs."`
}

// Run prints what works here and why the rest does not.
func (c *doctorCmd) Run(e *env) error {
	state, err := stateDir(c.State)
	if err != nil {
		return err
	}
	if c.State == "" && !exists(state) && exists(systemState) {
		state = systemState
	}
	log := e.log
	if e.level == "info" {
		log = slog.New(slog.DiscardHandler) // the report says it
	}
	place := ""
	if m := thisMachine(log); m.There() {
		place = m.Folder()
	}
	r := doctor.Examine(e.ctx, doctor.Config{
		Version: version, State: state, Floor: c.Policy, Place: place, Log: log,
		Service: func(context.Context) (*ipcpb.TrayStatus, error) {
			res, err := c.call(e, &ipcpb.LocalRequest{Kind: &ipcpb.LocalRequest_Status{Status: &ipcpb.LocalStatus{}}})
			return res.GetStatus(), err
		},
	})
	if err := c.write(e.out, r); err != nil {
		return err
	}
	if !r.Works() {
		return errUnwell
	}
	return nil
}

func (c *doctorCmd) write(w io.Writer, r doctor.Report) error {
	if !c.JSON {
		return r.Print(w)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
