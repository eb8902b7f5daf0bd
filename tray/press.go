package tray

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// pressed is the use of a Support Button: a request goes out at once, or the person
// reads why it cannot. Whether the button still counts is the broker's to say.
func (c *core) pressed(ctx context.Context, id []byte) error {
	w := c.words
	switch {
	case c.status.GetLink() != ipcpb.LinkState_LINK_STATE_ONLINE:
		return c.notice(ctx, w.Say(words.ButtonOfflineTitle), w.Say(words.ButtonOffline))
	case !c.status.GetRemoteSupport():
		return c.notice(ctx, w.Say(words.NoSupportTitle), w.Say(words.SwitchedOff))
	case c.requested():
		return c.notice(ctx, w.Say(words.AlreadyRequested), c.menu().status)
	}
	by := c.buttons.find(id)
	if by == nil {
		by = &wirepb.Button{Id: bytes.Clone(id)}
	}
	if !by.Form {
		return c.request(ctx, prompt.Fields{}, by)
	}
	f := recall(c.config)
	f.Reason = ""
	return c.form(ctx, prompt.FormRequest{Fields: f}, by)
}

// answerTime is how long who has used a button waits for a sign of support. A link
// that is dead is not always known to be: then this is what the person learns.
const answerTime = 20 * time.Second

// expectAnswer tells that there is no connection where no answer comes, and takes the
// request back: somebody who was told so does not wait for a call.
func (c *core) expectAnswer(ctx context.Context, id []byte) {
	c.waits = id
	time.AfterFunc(c.patience, func() {
		select {
		case c.results <- func() error { return c.unanswered(ctx, id) }:
		case <-ctx.Done():
		}
	})
}

func (c *core) unanswered(ctx context.Context, id []byte) error {
	if !bytes.Equal(c.waits, id) {
		return nil
	}
	c.waits, c.used = nil, nil
	if err := c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Cancel{Cancel: &wirepb.RequestCancel{Id: id}}}); err != nil {
		return err
	}
	return c.notice(ctx, c.words.Say(words.ButtonOfflineTitle), c.words.Say(words.ButtonOffline))
}

// greet tells that a request by a button has arrived, in the button's own words where
// it has any.
func (c *core) greet(ctx context.Context, by *wirepb.Button) error {
	text := c.words.Say(words.Sent)
	if g := prompt.CleanText(by.Greeting, prompt.MaxNotice); g != "" {
		text = g
	}
	title := prompt.Clean(by.Title, prompt.MaxName)
	if title == "" {
		title = c.words.Say(words.SentTitle)
	}
	return c.notice(ctx, title, text)
}

// NoService tells who has used a button that the service on this machine is not
// there, and what can be done.
func NoService(ctx context.Context, log *slog.Logger) error {
	w := words.Own()
	p, _, err := prompt.Open(prompt.Options{Log: log, Words: w})
	if err != nil {
		return err
	}
	return p.Notice(ctx, prompt.Notice{Title: w.Say(words.ButtonOfflineTitle), Text: w.Say(words.ButtonNoService)})
}
