//go:build linux

package test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// TestX8_BrokerRestartMidSession: killed and started again, the same session
// goes on in the same page without a new click.
func TestX8_BrokerRestartMidSession(t *testing.T) {
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	w.terminal()
	w.connect()
	w.typeEcho("before.txt", "before the restart")
	w.must(w.broker.Restart(w.ctx))
	w.must(w.console.Wait(`[data-testid="session"][data-phase="active"]:not([data-link="open"])`))
	w.must(w.console.Screenshot("reconnecting"))
	w.must(w.console.Connected())
	if w.desktop.HasWindow(bed.ConsentTitle) {
		t.Error("asked again after a restart of the broker")
	}
	w.typeEcho("after.txt", "after the restart")
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
	out, err := w.broker.VerifyAudit(w.ctx)
	if err != nil {
		t.Errorf("audit chain: %v: %s", err, out)
	}
}

// TestL1_DoneEndsForBoth: the customer's Done on the banner ends the session and
// the rep is told who ended it; everything is gone afterwards (L7).
func TestL1_DoneEndsForBoth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	w.connect()
	w.must(w.desktop.Done(w.ctx))
	w.must(w.console.Phase("ended"))
	text, err := w.console.Text(`[data-testid="outcome-text"]`)
	w.must(err)
	if !strings.Contains(strings.ToLower(text), "customer") && !strings.Contains(strings.ToLower(text), "person at the device") {
		t.Errorf("the rep is told %q, not who ended it", text)
	}
	w.nothingLeft()
}

// TestL2_OffEndsForBoth: the rep's Off takes the banner and the helper away.
func TestL2_OffEndsForBoth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	w.connect()
	w.must(w.console.End())
	w.must(w.console.Phase("ended"))
	w.nothingLeft()
}

// nothingLeft checks L7 at the endpoint: no banner and no media.
func (w *world) nothingLeft() {
	w.t.Helper()
	w.must(bed.Until(w.ctx, "the banner to go", func() (bool, error) { return !w.desktop.HasWindow(bed.BannerTitle), nil }))
}

// TestX9_DisplayServerReturns: the X server dies in a session; the rep reads
// why, and sees the screen again when it returns.
func TestX9_DisplayServerReturns(t *testing.T) {
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	w.connect()
	w.desktop.KillServer()
	w.must(w.console.Reason("display_server_gone"))
	w.must(w.console.Screenshot("display-gone"))
	w.must(w.desktop.RestartServer(w.ctx))
	w.terminal()
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
	w.typeEcho("back.txt", "the display is back")
}

// TestD10_HelperKilled: frames stop and come back by themselves.
func TestD10_HelperKilled(t *testing.T) { crash(t, "helper") }

// TestD10_TrayKilled: without the banner no frame is sent; it comes back with it.
func TestD10_TrayKilled(t *testing.T) { crash(t, "tray") }

// crash kills one of the agent's processes in a session. The rep is told, the
// banner stands again, and the session goes on.
func crash(t *testing.T, role string) {
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	w.terminal()
	w.connect()
	w.must(w.console.WatchReasons())
	w.must(w.agent.KillChild(role, syscall.SIGKILL))
	w.must(w.console.Recovered())
	if !w.desktop.HasWindow(bed.BannerTitle) {
		t.Error("the screen is shown without the banner")
	}
	w.typeEcho("again.txt", "again")
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
}

// TestD10_HelperHangs and TestD10_TrayHangs: a process that is stopped, not dead. Frames
// and input end, the rep reads why, and when it was replaced the session goes on.
func TestD10_HelperHangs(t *testing.T) { hang(t, "helper", wirepb.Reason_REASON_HELPER_SILENT) }

// TestD10_TrayHangs: likewise, with a helper that works.
func TestD10_TrayHangs(t *testing.T) { hang(t, "tray", wirepb.Reason_REASON_INDICATOR_SILENT) }

func hang(t *testing.T, role string, reason wirepb.Reason) {
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	w.terminal()
	w.connect()
	pid, err := w.agent.Child(role)
	w.must(err)
	w.must(w.console.WatchReasons())
	w.must(w.agent.KillChild(role, syscall.SIGSTOP))
	w.must(w.console.Told(reason))
	w.must(bed.Until(w.ctx, "the "+role+" that hangs to be replaced", func() (bool, error) {
		now, err := w.agent.Child(role)
		return err == nil && now != pid, nil
	}))
	w.must(w.console.Recovered())
	if !w.desktop.HasWindow(bed.BannerTitle) {
		t.Error("the screen is shown without the banner")
	}
	w.typeEcho("replaced.txt", "replaced")
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
}

// TestD10_WhatWakesGoesOn: a process that hung and answers again, in time or not.
func TestD10_WhatWakesGoesOn(t *testing.T) {
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	w.terminal()
	w.connect()
	for role, reason := range map[string]wirepb.Reason{"helper": wirepb.Reason_REASON_HELPER_SILENT, "tray": wirepb.Reason_REASON_INDICATOR_SILENT} {
		pid, err := w.agent.Child(role)
		w.must(err)
		w.must(w.console.WatchReasons())
		w.must(syscall.Kill(pid, syscall.SIGSTOP))
		w.must(w.console.Told(reason))
		_ = syscall.Kill(pid, syscall.SIGCONT) // a slow machine may have replaced it by now
		w.must(w.console.Recovered())
		w.typeEcho(role+".txt", "woken")
		w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
	}
}
