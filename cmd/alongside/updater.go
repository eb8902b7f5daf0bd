package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/installer"
	"github.com/alongside-remote/alongside/update"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Times of updates.
const (
	// firstLook is how long after its start a service looks for a newer version, and
	// lookEvery how often then.
	firstLook = 20 * time.Second
	lookEvery = 6 * time.Hour
	// quietEvery is how often it is tried to find a moment without a session.
	quietEvery = time.Minute
	// trialEvery is how often it is looked whether a trial has ended: by another process, at
	// most three minutes after this one's start.
	trialEvery = time.Second
	// replaceTime is how long the service manager may take to end this process.
	replaceTime = time.Minute
)

// updater has the service of a machine that a pinning installed replaced.
type updater struct {
	machine installer.Machine
	on      bool // the machine's policy says where newer versions are
	log     *slog.Logger
}

// Online says that this version works, to whoever has it on trial.
func (u *updater) Online() {
	if err := update.WriteMark(u.machine.Folder(), filepath.Join(u.machine.State(), markFile), version); err != nil {
		u.log.Error("say that this version works", "err", err)
	}
}

// Run looks for newer versions, and has them installed while there is no session.
func (u *updater) Run(ctx context.Context, quiet agent.Quiet, tell func(*wirepb.ProgramTrial)) {
	u.report(ctx, tell)
	for next := firstLook; u.on; next = lookEvery {
		if !sleep(ctx, next) {
			return
		}
		if err := u.machine.Update(ctx, "fetch"); err != nil {
			u.log.Warn("look for a newer version", "err", err)
			continue
		}
		u.report(ctx, tell)
		for u.ready() && !u.install(ctx, quiet) {
			if !sleep(ctx, quietEvery) {
				return
			}
		}
	}
}

// report tells what became of the last version, after the end of a trial that is under way.
func (u *updater) report(ctx context.Context, tell func(*wirepb.ProgramTrial)) {
	for {
		j, err := update.ReadJournal(u.machine.Folder())
		if err != nil {
			u.log.Warn("what became of the last version", "err", err)
			return
		}
		if j.Trial == nil {
			if o := j.Last; o != nil {
				tell(&wirepb.ProgramTrial{Version: o.Version, Result: results[o.Reason], Detail: o.Detail, EndedUnixMs: o.At.UnixMilli()})
			}
			return
		}
		if !sleep(ctx, trialEvery) {
			return
		}
	}
}

// results are the protocol's names.
var results = map[update.Reason]wirepb.TrialResult{
	update.Installed:    wirepb.TrialResult_TRIAL_RESULT_INSTALLED,
	update.NotStarting:  wirepb.TrialResult_TRIAL_RESULT_NOT_STARTING,
	update.Crashed:      wirepb.TrialResult_TRIAL_RESULT_CRASHED,
	update.NotConnected: wirepb.TrialResult_TRIAL_RESULT_NOT_CONNECTED,
	update.BrokerAway:   wirepb.TrialResult_TRIAL_RESULT_BROKER_AWAY,
}

func (u *updater) ready() bool {
	j, err := update.ReadJournal(u.machine.Folder())
	return err == nil && (j.Next != nil || j.Trial != nil)
}

// install has what is ready installed, which ends this process. False: there is a session.
func (u *updater) install(ctx context.Context, quiet agent.Quiet) bool {
	resume, ok := quiet(ctx)
	if !ok {
		return false
	}
	defer resume()
	if err := u.machine.Update(ctx, "install"); err != nil {
		u.log.Error("install a newer version", "err", err)
		return true
	}
	sleep(ctx, replaceTime)
	return true
}

func sleep(ctx context.Context, d time.Duration) (whole bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
