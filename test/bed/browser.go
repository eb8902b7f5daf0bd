//go:build linux

package bed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// stepTimeout bounds one step in the browser, such as an element to appear.
const stepTimeout = 2 * time.Minute

// Browser is a running Chromium with one page.
type Browser struct {
	ctx    context.Context //nolint:containedctx // chromedp's handle of a tab is a context
	cancel []context.CancelFunc
	shots  string
	shot   int
}

// BrowserOptions describe a browser to start.
type BrowserOptions struct {
	Profile       string // an empty folder
	Shots         string // a folder for screenshots; empty: none are kept
	Width, Height int    // of the window; 0: 1360x850
	Scale         float64
	Log           io.Writer
	// Trusted are public key pins (base64 of SHA-256) of certificates to accept.
	Trusted string
}

// chromium is where the browser is installed. The one without windows is the same engine
// and does half the work; its own start script would outlive a kill of it.
func chromium() (string, error) {
	for _, name := range []string{"/usr/lib/chromium/chromium-headless-shell", "chromium", "google-chrome", "chromium-browser"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium: run `make deps`")
}

// NewBrowser starts a headless Chromium that lives as long as ctx.
func NewBrowser(ctx context.Context, o BrowserOptions) (*Browser, error) {
	path, err := chromium()
	if err != nil {
		return nil, err
	}
	if o.Width == 0 {
		o.Width, o.Height = 1360, 850
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Scale == 0 {
		o.Scale = 1
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(o.Profile), chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.CombinedOutput(o.Log),
		chromedp.Flag("force-device-scale-factor", fmt.Sprint(o.Scale)),
		chromedp.Flag("window-size", fmt.Sprintf("%d,%d", o.Width, o.Height)))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses its sandbox to root
	}
	if o.Trusted != "" {
		options = append(options, chromedp.Flag("ignore-certificate-errors-spki-list", o.Trusted))
	}
	b := &Browser{shots: o.Shots}
	alloc, cancel := chromedp.NewExecAllocator(ctx, options...)
	b.cancel = append(b.cancel, cancel)
	b.ctx, cancel = chromedp.NewContext(alloc)
	b.cancel = append(b.cancel, cancel)
	if err := chromedp.Do(b.ctx, chromedp.Navigate("about:blank")); err != nil {
		b.Close()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	if o.Shots != "" {
		return b, os.MkdirAll(o.Shots, 0o755)
	}
	return b, nil
}

// Close ends the browser.
func (b *Browser) Close() {
	_ = chromedp.Cancel(b.ctx)
	for i := len(b.cancel) - 1; i >= 0; i-- {
		b.cancel[i]()
	}
}

// do runs actions within stepTimeout and names the step in an error.
func (b *Browser) do(step string, actions ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeoutCause(b.ctx, stepTimeout, errors.New("took too long"))
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		_ = b.Screenshot("failed")
		return fmt.Errorf("%s: %w", step, errors.Join(err, context.Cause(ctx)))
	}
	return nil
}

// Open opens an address.
func (b *Browser) Open(url string) error { return b.do("open "+url, chromedp.Navigate(url)) }

// Click waits for an element to be visible and enabled and clicks it.
func (b *Browser) Click(selector string) error {
	return b.do("click "+selector, chromedp.WaitEnabled(selector), chromedp.Click(selector))
}

// Fill types into a field.
func (b *Browser) Fill(selector, text string) error {
	return b.do("fill "+selector, chromedp.WaitVisible(selector), chromedp.SendKeys(selector, text))
}

// Wait waits for an element to be visible.
func (b *Browser) Wait(selector string) error {
	return b.do("wait for "+selector, chromedp.WaitVisible(selector))
}

// Text is the text of an element as the page shows it.
func (b *Browser) Text(selector string) (string, error) {
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Text(selector))
	if err != nil {
		return "", fmt.Errorf("text of %s: %w", selector, err)
	}
	return s, nil
}

// Eval evaluates JavaScript, awaiting a promise, into v.
func (b *Browser) Eval(js string, v any) error {
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte](js, chromedp.EvalAwaitPromise, chromedp.EvalAsValue))
	if err != nil {
		return fmt.Errorf("evaluate: %w", err)
	}
	return json.Unmarshal(raw, v)
}

// Type presses and releases the keys of a text, one after the other. The press
// carries the text: a separate event for the character, as chromedp sends it,
// would reach the page even where the press was taken.
func (b *Browser) Type(text string) error {
	var steps []chromedp.Action[chromedp.Void]
	for _, r := range text {
		produced := ""
		for _, e := range kb.Encode(r) {
			if e.Type == input.DispatchKeyEventTypeChar {
				produced = e.Text
			}
		}
		for _, e := range kb.Encode(r) {
			if e.Type == input.DispatchKeyEventTypeChar {
				continue
			}
			if e.Type != input.DispatchKeyEventTypeKeyUp {
				e.Type, e.Text = input.DispatchKeyEventTypeKeyDown, produced
			}
			steps = append(steps, func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
				_, err := chromedp.Call(ctx, input.DispatchKeyEvent, *e)
				return chromedp.Void{}, err
			})
		}
	}
	return b.do("type", steps...)
}

// ClickAt clicks a point of the page in CSS pixels.
func (b *Browser) ClickAt(x, y float64) error { return b.do("click", chromedp.MouseClickXY(x, y)) }

// Resize changes the page's size in CSS pixels.
func (b *Browser) Resize(width, height int64) error {
	if err := b.do("resize", chromedp.EmulateViewport(width, height)); err != nil {
		return err
	}
	var done bool // the page knows
	return b.Eval(fmt.Sprintf(`new Promise((done) => {
		const look = () => innerWidth === %d && innerHeight === %d ? done(true) : requestAnimationFrame(look);
		look();
	})`, width, height), &done)
}

// Downloads says where files are saved.
func (b *Browser) Downloads(dir string) error {
	return b.do("say where downloads go", func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir,
		})
		return chromedp.Void{}, err
	})
}

// Screenshot keeps a picture of the page under a numbered name.
func (b *Browser) Screenshot(name string) error {
	if b.shots == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return fmt.Errorf("screenshot %s: %w", name, err)
	}
	b.shot++
	return os.WriteFile(filepath.Join(b.shots, fmt.Sprintf("%02d-%s.png", b.shot, name)), png, 0o644)
}
