//go:build linux

package bed

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Console is the web console in a browser.
type Console struct {
	*Browser
	URL string
}

// testid is the selector of a part of the console that tests may name.
func testid(id string) string { return `[data-testid="` + id + `"]` }

// SignIn opens the console, signs in and waits for the front page.
func (c *Console) SignIn(name, password string) error {
	if err := c.Open(c.URL); err != nil {
		return err
	}
	if err := c.Fill(testid("sign-in-form")+` [name="name"]`, name); err != nil {
		return err
	}
	if err := c.Fill(testid("sign-in-form")+` [name="password"]`, password); err != nil {
		return err
	}
	if err := c.Screenshot("sign-in"); err != nil {
		return err
	}
	if err := c.Click(testid("sign-in-submit")); err != nil {
		return err
	}
	return c.Wait(testid("sign-out"))
}

// Device goes to the inventory and waits for an online device there.
func (c *Console) Device(hostname string) (row string, err error) {
	if err := c.Open(c.URL + "/inventory"); err != nil {
		return "", err
	}
	row = fmt.Sprintf(`%s[data-hostname=%q][data-online="true"]`, testid("device-row"), hostname)
	return row, c.Wait(row)
}

// Support clicks Support on a device of the inventory.
func (c *Console) Support(hostname string) error {
	row, err := c.Device(hostname)
	if err != nil {
		return err
	}
	if err := c.Screenshot("inventory"); err != nil {
		return err
	}
	if err := c.Click(row + " " + testid("support")); err != nil {
		return err
	}
	return c.Phase("awaiting_consent")
}

// Phase waits until the session page shows a phase.
func (c *Console) Phase(name string) error {
	return c.Wait(fmt.Sprintf(`%s[data-phase=%q]`, testid("session"), name))
}

// Connected waits until the viewer is attached and shows the screen.
func (c *Console) Connected() error {
	if err := c.Wait(testid("session") + `[data-link="open"]`); err != nil {
		return err
	}
	return c.poll("the first picture", `document.querySelector('alongside-viewer')?.shown > 0`)
}

// Via is what the viewer's stream runs on: "webtransport" or "websocket".
func (c *Console) Via() (string, error) {
	var via string
	return via, c.Eval(`document.querySelector('[data-testid="session"]').dataset.via`, &via)
}

// Shown counts the updates that the viewer has put on its canvas.
func (c *Console) Shown() (int, error) {
	var n int
	return n, c.Eval(`document.querySelector('alongside-viewer').shown`, &n)
}

// WatchReasons begins to remember every state of the screen that the viewer is
// told, for Recovered.
func (c *Console) WatchReasons() error {
	var ok bool
	return c.Eval(`(() => {
		const v = document.querySelector('alongside-viewer');
		window.reasons = [];
		v.addEventListener('viewerchange', () => window.reasons.push(v.status.screen?.reason ?? 0));
		return true;
	})()`, &ok)
}

// Recovered waits until, since WatchReasons, the viewer was told another reason
// than that all is well, and then that all is well and it may control.
func (c *Console) Recovered() error {
	const ok = 1 // wirepb.Reason_REASON_OK
	err := c.poll("the screen to be lost and back", fmt.Sprintf(
		`window.reasons.some((r) => r > %d) && window.reasons.at(-1) === %d && document.querySelector('alongside-viewer').controls`, ok, ok))
	if err == nil {
		return nil
	}
	var got string
	_ = c.Eval(`JSON.stringify([window.reasons, document.querySelector('alongside-viewer').controls])`, &got)
	return fmt.Errorf("%w; reasons and whether it may control: %s", err, got)
}

// Told waits until, since WatchReasons, the viewer was told a reason.
func (c *Console) Told(r wirepb.Reason) error {
	return c.poll("the viewer to be told "+r.String(), fmt.Sprintf(`window.reasons.includes(%d)`, r))
}

// MonitorOf is the id of the monitor of a size.
func (c *Console) MonitorOf(width, height int) (int, error) {
	var id int
	err := c.Eval(fmt.Sprintf(`document.querySelector('alongside-viewer').status.screen.monitors
		.find((m) => m.width === %d && m.height === %d)?.id ?? 0`, width, height), &id)
	if err == nil && id == 0 {
		err = fmt.Errorf("no monitor of %dx%d", width, height)
	}
	return id, err
}

// Snapshot reads the viewer's canvas back: R, G, B, A.
func (c *Console) Snapshot() (pix []byte, width, height int, err error) {
	var got struct {
		Width, Height int
		Data          string
	}
	err = c.Eval(`(async () => {
		const s = await document.querySelector('alongside-viewer').snapshot();
		const data = await new Promise((done) => {
			const reader = new FileReader();
			reader.onload = () => done(reader.result);
			reader.readAsDataURL(new Blob([s.pixels]));
		});
		return { Width: s.width, Height: s.height, Data: data };
	})()`, &got)
	if err != nil {
		return nil, 0, 0, err
	}
	_, data, _ := strings.Cut(got.Data, ",")
	pix, err = base64.StdEncoding.DecodeString(data)
	if err == nil && len(pix) != 4*got.Width*got.Height {
		err = fmt.Errorf("snapshot of %dx%d has %d bytes", got.Width, got.Height, len(pix))
	}
	return pix, got.Width, got.Height, err
}

// ClickRemote clicks a pixel of the remote screen through the page.
func (c *Console) ClickRemote(x, y int) error {
	var p struct{ X, Y float64 }
	// A page that was resized or laid out anew is waited for: what stays where it is for
	// some frames is where the click will find it.
	err := c.Eval(fmt.Sprintf(`new Promise((done) => {
		const still = 3;
		let last = '', same = 0;
		const look = () => {
			const canvas = document.querySelector('alongside-viewer canvas');
			const r = canvas.getBoundingClientRect(), s = document.querySelector('alongside-viewer').status;
			const now = [r.left, r.top, r.width, r.height, s.width, s.height].join();
			same = now === last ? same + 1 : 0;
			last = now;
			if (same < still) requestAnimationFrame(look);
			else done({ X: r.left + (%d + 0.5) * r.width / s.width, Y: r.top + (%d + 0.5) * r.height / s.height });
		};
		look();
	})`, x, y), &p)
	if err != nil {
		return err
	}
	return c.ClickAt(p.X, p.Y)
}

// poll waits until a JavaScript expression is true.
func (c *Console) poll(what, js string) error {
	var ok bool
	err := c.Eval(fmt.Sprintf(`new Promise((done) => {
		const end = performance.now() + %d;
		const look = () => (%s) ? done(true) : performance.now() > end ? done(false) : setTimeout(look, 50);
		look();
	})`, (stepTimeout*9/10).Milliseconds(), js), &ok)
	if err == nil && !ok {
		_ = c.Screenshot("failed")
		err = fmt.Errorf("wait for %s: not seen", what)
	}
	return err
}

// Reason waits for the floating reason over the screen to be a certain one.
func (c *Console) Reason(name string) error {
	return c.Wait(fmt.Sprintf(`%s[data-reason=%q]`, testid("reason"), name))
}

// End clicks Off.
func (c *Console) End() error { return c.Click(testid("off")) }
