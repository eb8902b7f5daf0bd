//go:build linux

package test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/test/bed"
)

// TestE16_JourneyOfAnAdminThroughTheOffice: an administrator makes a team, a
// queue of it, an issue that leads there, a Jump Group, a session policy and a
// profile of Support Buttons. What is in use stays, and each step is in the
// audit log.
func TestE16_JourneyOfAnAdminThroughTheOffice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}, noAgent: true})
	w.must(w.broker.AddRep(w.ctx, "kim", "Kim Nguyen", repPassword, false))
	w.must(w.console.SignIn(repName, repPassword))

	w.office("teams")
	w.step("no-teams", w.console.Wait(id("empty")))
	w.make("Front desk", func() { w.tick("Kim Nguyen") })
	w.office("queues")
	w.make("Lobby", func() { w.choose(`[name="team"]`, "Front desk") })
	w.office("issues")
	w.make("Printer", func() {
		w.choose(`[name="queue"]`, "Lobby")
		w.must(w.console.Click(`[name="request-help"]`))
	})
	w.office("jump-groups")
	w.make("Servers", func() { w.tick("Kim Nguyen") })
	w.office("session-policies")
	w.make("Vendor", func() {
		w.must(w.console.Click(`[name="capability-view"]`))
		w.must(w.console.Click(`[name="capability-chat"]`))
	})
	w.says("object", "See the screen · Chat")
	w.office("buttons")
	w.make("Shop", func() {
		w.must(w.console.Fill(`[name="title"]`, "Get help"))
		w.choose(`[name="queue"]`, "Lobby")
	})

	// The queue is in use: the refusal says by what, and it stays.
	w.office("queues")
	w.must(w.console.Click(row("Lobby") + " " + id("delete-object")))
	w.click("delete-object-confirm")
	w.sees("what uses it", `document.querySelector('[role="alert"]')?.innerText.includes("issue “Printer”")`)
	w.step("in-use")
	w.must(w.console.Open(w.broker.Console + "/settings/session-policies"))
	w.must(w.console.Click(row("Vendor") + " " + id("delete-object")))
	w.click("delete-object-confirm")
	w.step("deleted", w.console.Wait(id("empty")))

	w.must(w.console.Open(w.broker.Console + "/audit"))
	for _, did := range []string{"team.create", "queue.create", "issue.create", "jump_group.create", "session_policy.create", "button_profile.create", "session_policy.delete"} {
		w.sees(did, fmt.Sprintf(`document.querySelector('[data-action=%q]')`, did))
	}
	w.step("audit")
	if out, err := w.broker.VerifyAudit(w.ctx); err != nil {
		t.Errorf("audit chain: %v: %s", err, out)
	}
}

// row is the row of what administrators set up, by its name.
func row(name string) string { return fmt.Sprintf(`[data-testid="object"][data-name=%q]`, name) }

// office goes to one page of the settings by its tab.
func (w *world) office(tab string) {
	w.t.Helper()
	w.click("nav-settings", "tab-"+tab)
	w.must(w.console.Wait(id("add-object")))
}

// make adds what the page is about: its name, what else is filled in, and Save.
func (w *world) make(name string, fill func()) {
	w.t.Helper()
	w.click("add-object")
	w.must(w.console.Fill(`[name="object-name"]`, name))
	fill()
	shot := strings.ToLower(strings.ReplaceAll(name, " ", "-"))
	w.step("new-" + shot)
	w.click("save-object")
	w.step(shot, w.console.Wait(row(name)))
}

// tick chooses a member by the name that the page shows.
func (w *world) tick(name string) {
	w.t.Helper()
	w.must(w.console.Wait(id("members")))
	w.sees(name+" ticked", fmt.Sprintf(`(() => {
		const label = [...document.querySelectorAll('[data-testid="members"] .check')].find((e) => e.innerText.includes(%q));
		const box = label?.querySelector("input");
		if (box && !box.checked) box.click();
		return box?.checked;
	})()`, name))
}
