//go:build linux

package test

import (
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
)

// guestName is the external rep of the tests.
const guestName = "Val Vendor"

// outsider is the same world in the eyes of somebody without an account, who has a
// browser and a link.
func (w *world) outsider(link string) *world {
	w.t.Helper()
	b, err := bed.NewBrowser(w.ctx, bed.BrowserOptions{Profile: w.mkdir("chromium-guest"), Shots: filepath.Join(w.dir, "shots-guest"), Log: w.log})
	w.must(err)
	w.t.Cleanup(b.Close)
	second := *w
	second.console = &bed.Console{Browser: b, URL: w.broker.Console}
	second.follow(link)
	return &second
}

// follow opens a link. It is of the broker's public address, whose certificate this
// browser does not know; the plain port of this machine is the same broker.
func (w *world) follow(link string) {
	w.t.Helper()
	_, key, _ := strings.Cut(link, "#")
	w.must(w.console.Open("about:blank"))
	w.must(w.console.Open(w.console.URL + "/join#" + key))
	w.must(w.console.Wait(id("join-session")))
}

// TestO28_O30_O31_O32_Q14_AnExternalRepInABrowserOfTheirOwn: the owner makes a link,
// by which somebody without an account comes into the session and nothing else; both
// see the same screen, control is passed and typed with, and when the owner holds the
// session the other is logged out, whose link is used up.
func TestO28_O30_O31_O32_Q14_AnExternalRepInABrowserOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	_, err := apipbconnect.NewConfigServiceClient(w.rep.HTTP, w.broker.Console).SaveObject(w.ctx, connect.NewRequest(&apipb.SaveObjectRequest{
		Object: &apipb.ConfigObject{Name: "Vendor", Object: &apipb.ConfigObject_SessionPolicy{SessionPolicy: &apipb.SessionPolicy{
			Capabilities: []string{"view", "control", "chat"},
		}}},
	}))
	w.must(err)
	w.connect()
	w.terminal()

	w.click("menu-share", "share-guest")
	w.must(w.console.Fill(id("guest-form")+` [name="name"]`, guestName))
	w.must(w.console.Fill(id("guest-form")+` [name="comments"]`, "Ticket 17"))
	w.step("guest-form")
	w.click("create-link")
	w.step("guest-link", w.console.Wait(id("guest-link")))
	var link string
	w.must(w.console.Eval(`document.querySelector('[data-testid="guest-link"]').value`, &link))
	w.click("guest-done")

	second := w.outsider(link)
	second.step("invited")
	second.click("join-session")
	second.must(second.console.Phase("active"))
	second.must(second.console.Connected())
	second.says("mode", repDisplay+" controls")
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
	second.must(bed.SamePixels(second.ctx, second.console, second.desktop))
	second.sees("no way to anything else", `document.querySelectorAll("a[href]").length === 0 && location.hash === ""`)

	w.click("toggle-people")
	w.says("is-external", "external")
	w.click("give-control")
	w.says("mode", guestName+" controls")
	second.sees("that it controls", `document.querySelector('[data-testid="mode"]').innerText === "control"`)
	second.typeEcho("guest.txt", "by the guest")
	w.step("together")
	second.step("controls")

	w.click("close-session", "outcome-hold")
	second.must(second.console.Phase("gone"))
	second.says("outcome-text", "put it on hold or took you out")
	second.step("logged-out")
	second.follow(link)
	second.click("join-session")
	second.says("join-error", "was used already")
	second.step("used")
}
