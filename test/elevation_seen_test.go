//go:build linux

package test

import (
	"cmp"
	"context"
	"fmt"
	"image/color"
	"slices"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// offered waits until the client says how it can be elevated.
func (w *plainUser) offered() {
	w.t.Helper()
	w.must(bed.Until(w.ctx, "the offer", func() (bool, error) { return w.now().ElevationOffer != nil, nil }))
}

// again begins a session of other settings, whose client can be elevated.
func (w *plainUser) again(settings map[string]string) {
	w.t.Helper()
	_, err := w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: w.session.Id}))
	w.must(err)
	w.set(w.session.DeviceId, settings)
	w.session = w.askWhenThere()
	w.must(w.desktop.Answer(w.ctx, true))
	w.session, err = w.rep.Phase(w.ctx, w.session.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	w.offered()
}

// browse has the rep see the session in a browser.
func (w *plainUser) browse() {
	w.t.Helper()
	w.startBrowser(bed.BrowserOptions{})
	w.must(w.console.SignIn(repName, repPassword))
	w.must(w.console.Open(w.console.URL + "/sessions/" + w.session.Id))
	w.must(w.console.Phase("active"))
	w.must(w.console.Connected())
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
}

// TestV3_TheRepsBrowserFollowsTheElevation: the page says that the client starts again
// with more rights, and shows the true picture afterwards, without a click.
func TestV3_TheRepsBrowserFollowsTheElevation(t *testing.T) {
	w := newPlainUser(t)
	w.browse()
	var ok bool
	w.must(w.console.Eval(`(() => {
		const viewer = document.querySelector('alongside-viewer');
		window.said = [];
		window.links = [];
		const look = () => {
			const reason = document.querySelector('[data-testid="reason"]')?.dataset.reason;
			if (reason && said.at(-1) !== reason) said.push(reason);
			if (links.at(-1) !== viewer.status.link) links.push(viewer.status.link);
		};
		viewer.addEventListener('viewerchange', look);
		new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
		return true;
	})()`, &ok))
	w.offered()
	w.elevate("boss", adminPassword)
	w.must(w.desktop.Answer(w.ctx, true))
	w.tried(1, wirepb.ElevationState_ELEVATION_STATE_DONE)
	var seen struct {
		Said, Links []string
		Now         string
		Attached    int
	}
	w.must(bed.Until(w.ctx, "the screen to be lost and back", func() (bool, error) {
		err := w.console.Eval(`({
			Said: window.said, Links: window.links, Now: document.querySelector('[data-testid="reason"]')?.dataset.reason ?? "",
			Attached: performance.getEntriesByType("resource").filter((e) => e.name.endsWith("/Attach")).length,
		})`, &seen)
		back := slices.Contains(seen.Links, "lost") && seen.Links[len(seen.Links)-1] == "open" && seen.Now == ""
		return err == nil && back, cmp.Or(err, fmt.Errorf("the page says %+v", seen))
	}))
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
	if !slices.Contains(seen.Said, "elevating") || slices.Contains(seen.Said, "agent_lost") || slices.Contains(seen.Links, "ended") {
		t.Errorf("the page said %v, and its link was %v", seen.Said, seen.Links)
	}
	t.Logf("attached %d times", seen.Attached)
}

// paints covers most of the desktop with a colour and waits until a viewer shows it.
func (w *plainUser) paints(v *viewer.Session, title, colour string) *bed.Process {
	w.t.Helper()
	p, err := w.desktop.Start("xterm", "-T", title, "-bg", colour, "-fg", colour, "-geometry", "120x40+40+60", "-e", "sleep 1000")
	w.must(err)
	_, err = w.desktop.Window(w.ctx, "^"+title+"$")
	w.must(err)
	w.must(bed.SameCanvas(w.ctx, v, w.desktop))
	return p
}

// TestD14_D24_WhatIsShownDuringTheFormIsNotRecorded: what the screen shows while the form
// for credentials is open is seen by the rep, and in no picture of the recording; what it
// showed before and shows after the result is.
func TestD14_D24_WhatIsShownDuringTheFormIsNotRecorded(t *testing.T) {
	w := newPlainUser(t)
	w.again(map[string]string{"recording": "required"})
	v := w.watch()
	before := w.paints(v, "Before", "#204060")
	w.recorded(w.session.Id)
	before.Kill()

	ctx, closeForm := context.WithCancel(w.ctx)
	defer closeForm()
	form, err := apipbconnect.NewElevationServiceClient(w.rep.HTTP, w.broker.Console).MaskRecording(ctx, connect.NewRequest(&apipb.MaskRecordingRequest{SessionId: w.session.Id}))
	w.must(err)
	if !form.Receive() {
		t.Fatal(form.Err())
	}
	canary := w.paints(v, "Canary", "#d02090")
	canary.Kill()
	w.must(bed.Until(w.ctx, "the canary to go", func() (bool, error) { return !w.desktop.HasWindow("^Canary$"), nil }))
	w.must(bed.SameCanvas(w.ctx, v, w.desktop))
	w.elevate("boss", adminPassword)
	w.must(w.desktop.Answer(w.ctx, false))
	if got := w.tried(1, wirepb.ElevationState_ELEVATION_STATE_REFUSED); got.Code != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
		t.Errorf("the try came to %v", got)
	}
	for form.Receive() {
	}
	if form.Err() != nil {
		t.Errorf("the form ended with %v", form.Err())
	}
	w.paints(v, "After", "#206020")
	w.recorded(w.session.Id)
	_, err = w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: w.session.Id}))
	w.must(err)
	o := w.rep.Office(w.broker)
	r, err := o.Recording(w.ctx, w.session.Id)
	w.must(err)
	seen := map[string]int{}
	w.must(o.Play(w.ctx, r, func(c *viewer.Canvas, _ uint32) {
		at := c.Image().RGBAAt(300, 300)
		for name, colour := range map[string]color.RGBA{"before": {0x20, 0x40, 0x60, 255}, "canary": {0xd0, 0x20, 0x90, 255}, "after": {0x20, 0x60, 0x20, 255}} {
			if at == colour {
				seen[name]++
			}
		}
	}))
	if seen["before"] == 0 || seen["after"] == 0 || seen["canary"] > 0 {
		t.Errorf("pictures of the recording: %v", seen)
	}
	masks := 0
	for _, m := range r.Marks {
		if m.Kind == "mask" && m.UntilMs > m.AtMs {
			masks++
		}
	}
	if masks != 1 || r.Recording.Gaps != 0 {
		t.Errorf("%d masks and %d gaps: %v", masks, r.Recording.Gaps, r.Marks)
	}
	w.results("session.mask", "ok")
	w.results("session.unmask", "ok")
}

// TestQ8_ViewOnlyStaysViewOnlyElevated: where the settings say that sessions only look,
// the client with the rights of the machine takes no input either, though a viewer sends
// it, and the machine is not restarted.
func TestQ8_ViewOnlyStaysViewOnlyElevated(t *testing.T) {
	w := newPlainUser(t)
	w.again(map[string]string{"view_only": "true"})
	w.elevate("boss", adminPassword)
	w.must(w.desktop.Answer(w.ctx, true))
	w.tried(1, wirepb.ElevationState_ELEVATION_STATE_DONE)
	w.must(bed.Until(w.ctx, "the rights", func() (bool, error) { return w.now().Elevated, nil }))
	_, err := apipbconnect.NewMachineServiceClient(w.rep.HTTP, w.broker.Console).Restart(w.ctx, connect.NewRequest(&apipb.RestartRequest{SessionId: w.session.Id, Confirm: true}))
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED {
		t.Errorf("a restart: %v", err)
	}
	_, err = w.desktop.Window(w.ctx, bed.BannerTitle)
	w.must(err)
	w.viewsOnly(w.session)
}
