//go:build linux

package test

import (
	"path/filepath"
	"testing"

	"github.com/alongside-remote/alongside/test/bed"
)

// The second rep of the tests.
const (
	secondName    = "rep.two"
	secondDisplay = "Kim Second"
)

// colleague is the same world in the eyes of a second rep with a browser.
func (w *world) colleague() *world {
	w.t.Helper()
	w.must(w.broker.AddRep(w.ctx, secondName, secondDisplay, repPassword, false))
	b, err := bed.NewBrowser(w.ctx, bed.BrowserOptions{Profile: w.mkdir("chromium-two"), Shots: filepath.Join(w.dir, "shots-two"), Log: w.log})
	w.must(err)
	w.t.Cleanup(b.Close)
	second := *w
	second.console = &bed.Console{Browser: b, URL: w.broker.Console}
	w.must(second.console.SignIn(secondName, repPassword))
	return &second
}

// TestO7_O25_Q12_TwoRepsInTwoBrowsers: the owner invites a rep by name, who
// accepts in their queue; both see the screen, control is passed and typed with,
// and the owner removes the other, whose page says so.
func TestO7_O25_Q12_TwoRepsInTwoBrowsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	second := w.colleague()
	w.connect()
	w.terminal()

	w.click("menu-share", "share-reps")
	w.must(w.console.Click(`[data-name="` + secondDisplay + `"] ` + id("invite")))
	w.step("invited", w.console.Wait(id("is-invited")))
	w.click("share-close")
	second.click("nav-queue")
	second.says("invitation", "asks you to join")
	second.step("invitation", second.console.Click(id("accept-invitation")))
	second.must(second.console.Phase("active"))
	second.must(second.console.Connected())
	second.says("mode", repDisplay+" controls")
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
	second.must(bed.SamePixels(second.ctx, second.console, second.desktop))

	w.click("toggle-people", "give-control")
	w.says("mode", secondDisplay+" controls")
	second.sees("that it controls", `document.querySelector('[data-testid="mode"]').innerText === "control"`)
	second.typeEcho("second.txt", "by the second")
	w.step("together")

	w.click("remove", "remove-confirm")
	second.must(second.console.Phase("gone"))
	second.step("removed")
	w.sees("that it controls", `document.querySelector('[data-testid="mode"]').innerText === "control"`)
	w.typeEcho("owner.txt", "by the owner")
	w.must(w.console.End())
	w.must(w.console.Phase("ended"))
	w.nothingLeft()
}
