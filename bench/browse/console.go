//go:build linux

package browse

import (
	"context"
	"fmt"
	"image"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/alongside-remote/alongside/test/bed"
)

// Show opens a session in the console, signed in by cookies that the broker
// gave, alone on the page as a rep has it who closed the chat. It returns when
// the screen is shown, with where on the page it is and what it came by.
func (b *Browser) Show(ctx context.Context, url, session string, cookies []*http.Cookie) (image.Rectangle, string, error) {
	p, err := b.debug(ctx)
	if err != nil {
		return image.Rectangle{}, "", err
	}
	defer p.close()
	for _, c := range cookies {
		err := p.call(ctx, "Network.setCookie", map[string]any{
			"name": c.Name, "value": c.Value, "url": url + "/", "secure": true, "httpOnly": true, "sameSite": "Strict",
		}, nil)
		if err != nil {
			return image.Rectangle{}, "", err
		}
	}
	if err := p.call(ctx, "Page.navigate", map[string]any{"url": url + "/sessions/" + session}, nil); err != nil {
		return image.Rectangle{}, "", err
	}
	err = bed.Until(ctx, "the screen in the console", func() (bool, error) {
		var shown bool
		var page string
		err := p.eval(ctx, `document.querySelector('[data-testid="session"]')?.dataset.link === "open" && document.querySelector("alongside-viewer")?.shown > 0`, &shown)
		if err == nil && !shown {
			err = p.eval(ctx, `document.body.innerText`, &page)
		}
		return shown, fmt.Errorf("the page says %q (%w)", page, err)
	})
	if err != nil {
		return image.Rectangle{}, "", err
	}
	var at struct {
		X, Y, Width, Height float64
		Via                 string
	}
	err = bed.Until(ctx, "the screen without the chat", func() (bool, error) {
		err := p.eval(ctx, `(() => {
			const chat = document.querySelector('[data-testid="toggle-chat"][aria-pressed="true"]');
			chat?.click();
			const r = document.querySelector("alongside-viewer canvas").getBoundingClientRect();
			return { Open: !!chat, X: r.x, Y: r.y, Width: r.width, Height: r.height, Via: document.querySelector('[data-testid="session"]').dataset.via };
		})()`, &at)
		return err == nil && at.Width == screenWidth && at.Height == screenHeight, fmt.Errorf("it is %vx%v (%w)", at.Width, at.Height, err)
	})
	return image.Rect(0, 0, screenWidth, screenHeight).Add(image.Pt(int(at.X), int(at.Y))), at.Via, err
}

// The harness's screen, shown pixel by pixel.
const (
	screenWidth  = 1920
	screenHeight = 1080
)

// debug connects to the browser's page, whose address the browser writes to its
// profile when it is ready.
func (b *Browser) debug(ctx context.Context) (*page, error) {
	var p *page
	err := bed.Until(ctx, "the browser's page", func() (bool, error) {
		content, err := os.ReadFile(filepath.Join(b.profile, "DevToolsActivePort"))
		if err != nil {
			return false, err
		}
		port, _, _ := strings.Cut(string(content), "\n")
		p, err = dial(ctx, "127.0.0.1:"+port)
		return err == nil, err
	})
	return p, err
}
