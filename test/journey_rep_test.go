//go:build linux

package test

import (
	"testing"

	"github.com/alongside-remote/alongside/test/bed"
)

// TestI1I3I8L4L13L14C10_JourneyOfARep: a rep finds a device, starts from its page,
// works, sees the time run out, holds the session, takes it up again without
// another question, and closes with a chosen outcome.
func TestI1I3I8L4L13L14C10_JourneyOfARep(t *testing.T) {
	t.Parallel()
	w := journey(t)
	w.define("session_expiry_min=2")
	w.click("nav-inventory")
	w.must(w.console.Fill(id("search"), w.host))
	w.step("inventory", w.console.Click(id("device-link")))
	w.must(w.console.Wait(id("screenshare")))
	w.click("edit-device")
	w.must(w.console.Fill(`[name="tags"]`, "journey"))
	w.click("save-device")
	w.sees("the tag", `document.body.innerText.includes("journey") && !document.querySelector("dialog")`)
	w.must(w.console.Click(id("explain") + " summary"))
	w.says("explain-rule", "scope")
	w.step("device")

	w.terminal()
	w.click("screenshare")
	w.step("waiting", w.console.Phase("awaiting_consent"))
	w.must(w.desktop.Answer(w.ctx, true))
	w.must(w.console.Phase("active"))
	w.must(w.console.Connected())
	w.typeEcho("typed.txt", "by the rep")
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
	w.step("countdown", w.console.Wait(id("countdown")))

	w.click("close-session")
	w.must(w.console.Wait(id("outcome-hold")))
	w.click("outcome-hold")
	w.step("queue", w.console.Wait(id("held-session")))
	_, err := w.desktop.Banner()
	w.must(err)
	w.click("resume")
	w.must(w.console.Phase("active"))
	w.must(w.console.Connected())
	w.typeEcho("resumed.txt", "after the hold")
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))

	w.click("close-session")
	w.step("close", w.console.Wait(id("outcome-end")))
	w.click("outcome-end")
	w.step("ended", w.console.Phase("ended"))
	w.says("outcome-text", "You ended the session")
	w.nothingLeft()
}
