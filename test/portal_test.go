//go:build linux

package test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/tray"
)

// customer is the same world in the eyes of a customer with a browser.
func (w *world) customer(downloads string) *world {
	w.t.Helper()
	b, err := bed.NewBrowser(w.ctx, bed.BrowserOptions{
		Profile: w.mkdir("chromium-customer"), Shots: filepath.Join(w.dir, "shots-customer"), Log: w.log, Width: 900, Height: 850,
	})
	w.must(err)
	w.t.Cleanup(b.Close)
	w.must(b.Downloads(downloads))
	c := *w
	c.console = &bed.Console{Browser: b, URL: w.broker.Console}
	return &c
}

// TestC6_C7_X11_L11_PortalJourney: an administrator opens the portal page and makes a
// session key; a customer without anything installed chats, says not now and then
// downloads the client and runs it; the rep sees the screen in the same session, with
// the chat, and at its end nothing of the client is left.
func TestC6_C7_X11_L11_PortalJourney(t *testing.T) {
	t.Parallel()
	clients := filepath.Join(t.TempDir(), "clients")
	name := "alongside-linux-" + runtime.GOARCH
	program, err := os.ReadFile(filepath.Join(programs, "alongside"))
	if err == nil {
		err = os.Mkdir(clients, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(clients, name), program, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, setup{noAgent: true, browser: &bed.BrowserOptions{}, broker: bed.BrokerOptions{Clients: clients}})
	before, err := w.desktop.Tree()
	w.must(err)
	downloads := filepath.Join(w.desktop.Dir, "Downloads")
	w.must(os.Mkdir(downloads, 0o755))

	// The page is opened, and a key made.
	w.must(w.console.SignIn(repName, repPassword))
	w.must(w.console.Open(w.console.URL + "/settings/portal"))
	w.must(w.console.Click(`[name="portal-open"]`))
	w.must(w.console.Fill(`[name="portal-greeting"]`, "How can we help?"))
	w.click("portal-save")
	w.step("settings", w.console.Wait(id("portal-saved")))
	w.click("nav-queue", "session-key", "make-key")
	code, err := w.console.Text(id("key-code"))
	w.step("key", err)

	// The customer comes with it and waits; the rep takes the chat.
	c := w.customer(downloads)
	c.must(c.console.Open(c.console.URL + "/portal#" + code))
	c.must(c.console.Fill(`[name="name"]`, "Cora Customer"))
	c.step("begin")
	c.click("start")
	c.step("waiting", c.console.Wait(id("waiting")))
	c.must(c.console.Fill(id("chat-input"), "my printer is on fire"))
	c.click("chat-send")
	w.must(w.console.Open(w.console.URL + "/queue"))
	w.step("queue", w.console.Wait(id("visitor")))
	w.click("take-up")
	w.must(w.console.Phase("chatting"))
	w.says("chat-message", "my printer is on fire")
	w.must(w.console.Fill(id("chat-input"), "may I look?"))
	w.click("chat-send")
	c.says("message", "may I look?")

	// The button on top and the one in the centre ask for the same.
	w.click("elevate")
	c.step("asked", c.console.Click(id("not-now")))
	w.sees("that it is not now", fmt.Sprintf(`!document.querySelector(%q)`, id("client-asked")))
	w.step("chat only")
	w.click("run-client")
	c.click("get-client")
	c.must(c.console.Wait(id("get-bundle")))
	c.click("get-program", "get-bundle")
	c.step("downloads")
	client := c.downloaded(downloads, int64(len(program)))

	// It is run, and two Yes later the same session has the screen.
	c.must(client.Start())
	c.must(c.desktop.AnswerTo(c.ctx, tray.AdhocTitle, true))
	c.must(c.desktop.Answer(c.ctx, true))
	w.must(w.console.Phase("active"))
	w.must(w.console.Connected())
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
	w.says("chat-message", "my printer is on fire")
	w.step("screen")
	c.step("screen", c.console.Wait(id("screen")))

	// The end leaves nothing.
	w.must(w.console.End())
	c.step("over", c.console.Wait(id("over")))
	c.must(c.desktop.Type(c.ctx, "Support session ended"))
	select {
	case <-client.Done():
	case <-c.ctx.Done():
		t.Fatal("the client does not end")
	}
	if err := client.Err(); err != nil {
		t.Errorf("the client ended with %v", err)
	}
	c.must(os.Remove(downloads)) // empty
	after, err := w.desktop.Tree()
	w.must(err)
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("files before and after: %s", d)
	}
}

// downloaded waits for both files.
func (w *world) downloaded(folder string, size int64) *bed.Adhoc {
	w.t.Helper()
	program, bundle := filepath.Join(folder, "alongside"), ""
	w.must(bed.Until(w.ctx, "the downloads", func() (bool, error) {
		found, err := filepath.Glob(filepath.Join(folder, "support-*.alongside"))
		st, missing := os.Stat(program)
		if err != nil || missing != nil || len(found) != 1 || st.Size() != size {
			return false, fmt.Errorf("%w, %w, %q", err, missing, found)
		}
		bundle = found[0]
		return true, nil
	}))
	client, err := w.desktop.Downloaded(program, bundle)
	w.must(err)
	return client
}
