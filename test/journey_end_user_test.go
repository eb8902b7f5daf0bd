//go:build linux

package test

import (
	"path/filepath"
	"testing"
)

// TestR4R5R6R8R9R11L1_JourneyOfAnEndUser: somebody at a desktop asks for help,
// sees that it is granted, says Yes, is helped and says that it is done.
func TestR4R5R6R8R9R11L1_JourneyOfAnEndUser(t *testing.T) {
	t.Parallel()
	w := journey(t)
	w.click("nav-requests")
	w.step("no-requests", w.console.Wait(id("empty")))

	w.must(w.agent.Support())
	w.must(w.desktop.Request(w.ctx, "Alex Ash", "alex@example.org", "+49 30 1234", "The printer asks for an administrator."))
	w.must(w.desktop.Screenshot(filepath.Join(w.dir, "asked.png")))

	w.says("request-name", "Alex Ash")
	w.says("request-reason", "The printer asks for an administrator.")
	w.says("request-contact", "alex@example.org")
	w.step("request")
	w.click("approve")
	w.step("approved", w.console.Phase("awaiting_consent"))
	w.must(w.desktop.Screenshot(filepath.Join(w.dir, "consent.png")))
	w.must(w.desktop.Answer(w.ctx, true))
	w.must(w.console.Phase("active"))
	w.step("connected", w.console.Connected())
	w.must(w.desktop.Screenshot(filepath.Join(w.dir, "banner.png")))

	w.must(w.desktop.Done(w.ctx))
	w.step("ended", w.console.Phase("ended"))
	w.says("outcome-text", "person at the device")
	w.nothingLeft()
	w.must(w.console.Open(w.broker.Console + "/requests"))
	w.choose(id("select-state"), "All")
	w.sees("no pending request", `document.querySelectorAll('[data-testid="request"]').length === 1 && !document.querySelector('[data-phase="pending"]')`)
	w.step("request-over")
}
