//go:build linux

package test

import (
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/test/bed"
)

// A rep of an organisation that demands a second factor makes a passkey in a real
// browser, and signs in with it from then on.
func TestA6_PasskeyInTheBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{noAgent: true, browser: &bed.BrowserOptions{}})
	w.must(w.broker.RequireMFA(w.ctx))
	// Passkeys belong to a name, not to an address.
	w.console.URL = strings.Replace(w.console.URL, "127.0.0.1", "localhost", 1)
	w.must(w.console.VirtualAuthenticator())
	signIn := func() {
		t.Helper()
		w.must(w.console.Open(w.console.URL + "/sign-in"))
		w.must(w.console.Fill(`input[name="name"]`, repName))
		w.must(w.console.Fill(`input[name="password"]`, repPassword))
		w.must(w.console.Click(`[data-testid="sign-in-submit"]`))
	}
	signIn()
	w.must(w.console.Fill(`input[name="factor-name"]`, "Laptop"))
	w.must(w.console.Click(`[data-testid="enroll-passkey"]`))
	w.must(w.console.Wait(`[data-testid="recovery-codes"]`))
	w.must(w.console.Screenshot("passkey made"))
	w.must(w.console.Click(`[data-testid="codes-kept"]`))
	w.must(w.console.Wait(`nav`))
	w.must(w.console.Click(`[data-testid="sign-out"]`))
	w.must(w.console.Wait(`[data-testid="sign-in-form"]`))
	signIn()
	w.must(w.console.Wait(`[data-testid="prove"]`))
	w.must(w.console.Screenshot("second factor"))
	w.must(w.console.Click(`[data-testid="prove-passkey"]`))
	w.must(w.console.Wait(`nav`))
}
