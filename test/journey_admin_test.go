//go:build linux

package test

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// TestE3E4E6A2A3A4A6_JourneyOfAnAdmin: an administrator switches support off and
// on, demands a second factor and recordings, terminates a session from the
// audit log and watches its recording.
func TestE3E4E6A2A3A4A6_JourneyOfAnAdmin(t *testing.T) {
	t.Parallel()
	w := journey(t)
	w.define("remote_support=Off")
	w.click("nav-inventory")
	w.sees("why not", `document.querySelector('[data-testid="device-row"] [data-testid="reason"]')`)
	w.step("off")
	w.define("remote_support=On", "mfa_at_start=On", "recording=on")

	// Without a factor nothing starts; with a fresh proof of one it does.
	w.click("nav-inventory")
	w.must(w.console.Click(id("device-row") + " " + id("support")))
	w.step("no-factor", w.console.Wait(id("no-factor")))
	w.click("to-account")
	w.enrollTOTP()
	w.must(w.console.Support(w.host))
	w.must(w.desktop.Answer(w.ctx, true))
	w.must(w.console.Phase("active"))
	w.must(w.console.Connected())
	w.step("recorded", w.console.Wait(id("recorded")))

	w.must(w.console.Open(w.broker.Console + "/audit"))
	w.must(w.console.Click(`[data-action="session.allow"] ` + id("audit-session-link")))
	w.step("ongoing", w.console.Wait(id("terminate")))
	w.click("terminate", "terminate-confirm")
	w.says("audit-outcome", "terminated")
	w.step("terminated", w.console.Wait(id("recording-link")))
	w.nothingLeft()
	w.click("recording-link")
	w.sees("a picture of the recording", `document.querySelector("alongside-player")?.shown > 0`)
	w.step("player")
	w.must(w.console.Open(w.broker.Console + "/audit"))
	w.sees("who opened it", `document.querySelector('[data-action="recording.open"]')`)
	w.step("audit")
	if out, err := w.broker.VerifyAudit(w.ctx); err != nil {
		t.Errorf("audit chain: %v: %s", err, out)
	}
}

// enrollTOTP sets up an authenticator app for whoever is signed in.
func (w *world) enrollTOTP() {
	w.t.Helper()
	w.click("add-factor")
	w.totp()
	w.must(w.console.Wait(id("factor")))
}

// totp sets up an authenticator app where the page offers it.
func (w *world) totp() {
	w.t.Helper()
	w.click("enroll-totp")
	w.must(w.console.Wait(id("qr")))
	var secret string
	w.must(w.console.Eval(`document.querySelector('[data-testid="totp-secret"]').innerText.replaceAll(" ", "")`, &secret))
	code, err := totp.GenerateCode(secret, time.Now())
	w.must(err)
	w.must(w.console.Fill(`[name="enroll-code"]`, code))
	w.click("enroll-totp-finish")
	w.step("recovery-codes", w.console.Wait(id("recovery-codes")))
	w.click("codes-kept")
}
