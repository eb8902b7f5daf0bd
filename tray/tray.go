// Package tray is the process in the user's session that talks with the person
// at the screen: icon and menu, consent, the banner that is there as long as
// somebody is connected, the request form.
//
// It only asks and shows. Everything it is told comes over one pipe from the
// service, everything it learns goes back over it, and when the pipe closes it
// closes every window and ends. What a person answers here is decided on there.
//
// Rules of the process:
//
//   - PromptState{open} is written before a prompt appears, and taken back after
//     it has closed: the service suspends remote input in between. The chat takes
//     keys only in between, too, and not before the service has said so.
//   - BannerShown is written only when the banner is on the screen, BannerLost
//     as soon as it is not. Where the tray cannot tell, BannerPlaced is written before
//     anything is drawn, and BannerShown never.
//   - One prompt at a time. Others wait in a short queue; what does not fit or
//     cannot be shown is answered as unavailable, never as a No.
package tray

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/chat"
	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/tray/prompt"
)

// Options configure Run. Log is required.
type Options struct {
	Log     *slog.Logger
	Display string // X11: the display; empty: $DISPLAY
	Backend string // prompt backend by name; empty: the best there is
	NoIcon  bool   // do not look for a tray host
	Config  string // folder of the user's configuration; empty: nothing is remembered
	Desktop string // folder of the user's desktop icons; empty: there are none
	Data    string // folder of the user's programs' data, with the menu's entries; empty: there is none
	Words   words.Words
	// Downloads is the folder of the user's into which files are put that come.
	Downloads string

	// Answer is how long who has used a button waits for a sign of support, for tests;
	// 0: answerTime.
	Answer time.Duration
	// Prompter replaces the system's prompts, for tests.
	Prompter prompt.Prompter
}

// Own is the Options of the user who runs this process: their language, their
// folders.
func Own(log *slog.Logger) Options {
	return Options{Log: log, Config: configDir(), Desktop: desktopFolder(), Data: dataFolder(), Words: words.Own(), Downloads: downloadsFolder()}
}

// errPipeClosed is the orderly end: the service closed its side.
var errPipeClosed = errors.New("pipe closed")

// Run serves one pipe until it closes, which is the orderly end and returns nil,
// or until ctx ends. It owns conn. It must be called on the main goroutine,
// because some systems give their tray only to the first thread, and once in a
// process where there is an icon.
func Run(ctx context.Context, conn *ipc.Conn, o Options) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := newCore(conn, o)
	ic, host := openIcon(o, c.click)
	c.icon = ic

	var owned sync.WaitGroup
	// A blocked pipe ends with the context.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	owned.Go(func() { cancel(c.receive(ctx)) })
	owned.Go(func() { cancel(c.indicate(ctx)) })
	owned.Go(func() {
		cancel(chat.Run(ctx, chat.Options{Display: o.Display, Words: o.Words, Log: o.Log}, c.chats, c.replies))
	})
	owned.Go(func() {
		defer ic.quit()
		cancel(c.run(ctx, host))
	})
	ic.loop()
	<-ctx.Done()
	owned.Wait()
	if stop() {
		_ = conn.Close()
	}
	err := context.Cause(ctx)
	if errors.Is(err, errPipeClosed) {
		return nil
	}
	return err
}

// closedPipe tells the end of the other process from a broken stream.
func closedPipe(err error) bool {
	for _, end := range []error{io.EOF, io.ErrClosedPipe, os.ErrClosed, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// receive moves messages of the service to the core.
func (c *core) receive(ctx context.Context) error {
	for {
		m := new(ipcpb.ToTray)
		_, media, err := c.conn.Receive(m)
		switch {
		case closedPipe(err):
			return errPipeClosed
		case err != nil:
			return fmt.Errorf("receive: %w", err)
		case media != nil:
			return fmt.Errorf("receive: %w: media for the tray", ipc.ErrMalformed)
		}
		select {
		case c.messages <- m:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
