//go:build linux

package test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/test/bed"
)

// The journeys go through the console as people do: by what the page offers.
// Each step leaves a screenshot.

func id(name string) string { return `[data-testid="` + name + `"]` }

// step does something on the page and keeps a picture of what came of it.
func (w *world) step(shot string, do ...error) {
	w.t.Helper()
	for _, err := range do {
		w.must(err)
	}
	w.must(w.console.Screenshot(shot))
}

// click clicks parts of the page, one after the other.
func (w *world) click(names ...string) {
	w.t.Helper()
	for _, n := range names {
		w.must(w.console.Click(id(n)))
	}
}

// says waits until a part of the page says something.
func (w *world) says(name, text string) {
	w.t.Helper()
	w.sees(text, fmt.Sprintf(`[...document.querySelectorAll(%q)].some((e) => e.innerText.includes(%q))`, id(name), text))
}

// sees waits until a JavaScript expression is true.
func (w *world) sees(what, js string) {
	w.t.Helper()
	w.must(bed.Until(w.ctx, "the page to show "+what, func() (bool, error) {
		var ok bool
		err := w.console.Eval(`Boolean(`+js+`)`, &ok)
		return ok, err
	}))
}

// choose picks an entry of a list and tells the page.
func (w *world) choose(selector, value string) {
	w.t.Helper()
	w.must(w.console.Wait(selector))
	var ok bool
	w.must(w.console.Eval(fmt.Sprintf(`(() => {
		const s = document.querySelector(%q);
		const o = [...s.options].find((o) => o.value === %q || o.label === %q);
		s.value = o.value;
		s.dispatchEvent(new Event("change", { bubbles: true }));
		return true;
	})()`, selector, value, value), &ok))
}

// clear empties a field, so that Fill replaces what it held.
func (w *world) clear(selector string) {
	w.t.Helper()
	var ok bool
	w.must(w.console.Eval(fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		e.value = "";
		e.dispatchEvent(new Event("input", { bubbles: true }));
		return true;
	})()`, selector), &ok))
}

// define sets settings of the scope that holds everything, by the editor.
func (w *world) define(settings ...string) {
	w.t.Helper()
	w.must(w.console.Open(w.broker.Console + "/settings/scopes"))
	w.must(w.console.Click(id("scope") + `:last-child ` + id("edit-scope")))
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		field := fmt.Sprintf(`[name="define-%s"]`, key)
		typed := fmt.Sprintf(`[name="value-%s"]`, key)
		if strings.Trim(value, "0123456789") != "" {
			w.choose(field, value)
			continue
		}
		w.choose(field, "Defined")
		w.must(w.console.Wait(typed))
		w.clear(typed)
		w.must(w.console.Fill(typed, value))
	}
	w.must(w.console.Screenshot("scope"))
	w.click("save-scope")
	w.sees("the scope saved", `!document.querySelector("dialog")`)
}

// journey is a world with a browser whose rep is signed in.
func journey(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	w.must(w.console.SignIn(repName, repPassword))
	w.step("summary", w.console.Wait(id("figure-devices-online")))
	return w
}
