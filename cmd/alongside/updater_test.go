package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/installer"
	"github.com/alongside-remote/alongside/update"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// TestD25_WhatBecameOfAVersionIsReportedAfterItsTrial, with every reason that there is.
func TestD25_WhatBecameOfAVersionIsReportedAfterItsTrial(t *testing.T) {
	for reason, want := range map[update.Reason]wirepb.TrialResult{
		update.Installed:    wirepb.TrialResult_TRIAL_RESULT_INSTALLED,
		update.NotStarting:  wirepb.TrialResult_TRIAL_RESULT_NOT_STARTING,
		update.Crashed:      wirepb.TrialResult_TRIAL_RESULT_CRASHED,
		update.NotConnected: wirepb.TrialResult_TRIAL_RESULT_NOT_CONNECTED,
		update.BrokerAway:   wirepb.TrialResult_TRIAL_RESULT_BROKER_AWAY,
	} {
		t.Run(string(reason), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := &updater{machine: installer.Machine{Root: t.TempDir()}, log: slog.New(slog.NewTextHandler(t.Output(), nil))}
				at := time.Date(2026, 12, 1, 2, 3, 4, 0, time.UTC)
				journal := func(j update.Journal) {
					b, err := json.Marshal(j)
					if err == nil {
						err = os.WriteFile(filepath.Join(u.machine.Folder(), "update.json"), b, 0o600)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				if err := os.MkdirAll(u.machine.Folder(), 0o700); err != nil {
					t.Fatal(err)
				}
				journal(update.Journal{Trial: &update.Trial{ID: "1", From: "v1.0.0", To: "v1.1.0"}})
				told := make(chan *wirepb.ProgramTrial, 2)
				go u.report(t.Context(), func(p *wirepb.ProgramTrial) { told <- p })
				time.Sleep(10 * trialEvery) // of the bubble's clock
				if len(told) != 0 {
					t.Fatalf("told during the trial: %v", <-told)
				}
				journal(update.Journal{Last: &update.Outcome{Version: "v1.1.0", Reason: reason, Detail: "so", At: at}})
				got := <-told
				if !proto.Equal(got, &wirepb.ProgramTrial{Version: "v1.1.0", Result: want, Detail: "so", EndedUnixMs: at.UnixMilli()}) {
					t.Errorf("told %v", got)
				}
			})
		})
	}
}
