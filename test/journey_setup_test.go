//go:build linux

package test

import (
	"testing"

	"github.com/alongside-remote/alongside/test/bed"
)

// TestD19_JourneyOfWhoSetsABrokerUp: the first administrator is made with the
// one-time secret, is led to a second factor before anything else, finds that one
// is demanded of everybody, and may switch that off.
func TestD19_JourneyOfWhoSetsABrokerUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}, noAgent: true, noRep: true})
	secret, err := w.broker.SetupSecret()
	w.must(err)
	w.must(w.console.Open(w.broker.Console))
	for _, field := range [][2]string{
		{"secret", secret},
		{"organisation", "Example Support"},
		{"display_name", repDisplay},
		{"name", repName},
		{"password", repPassword},
		{"password_again", repPassword},
	} {
		w.must(w.console.Fill(`[name="`+field[0]+`"]`, field[1]))
	}
	w.step("setup")
	w.click("setup-submit")
	w.step("first-factor", w.console.Wait(id("enroll-totp")))
	w.totp()
	w.must(w.console.Wait(id("sign-out")))
	w.must(w.console.Open(w.broker.Console + "/settings/users"))
	w.step("demanded", w.console.Wait(id("sign-in-rules")+`[data-mandatory="true"]`))
	w.click("switch-mfa", "switch-mfa-confirm")
	w.step("not-demanded", w.console.Wait(id("sign-in-rules")+`[data-mandatory="false"]`))
}
