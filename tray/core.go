package tray

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/chat"
	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// core is the state of the process. Its fields belong to the goroutine of run;
// the channels are how everything else reaches it.
type core struct {
	conn     *ipc.Conn
	log      *slog.Logger
	display  string
	prompter prompt.Prompter
	backend  string
	icon     icon
	words    words.Words
	config   string // folder; empty: nothing is remembered
	shortcut shortcut
	buttons  buttons

	downloads string            // folder for files that come
	ferries   map[string]*ferry // transfers of files, by nonce

	messages chan *ipcpb.ToTray
	clicks   chan words.ID
	results  chan func() error // ends of prompts
	signs    chan sign         // from the banner
	wanted   chan *notch       // to the banner, newest only
	beats    chan func()       // to the banner, which calls it to show that it lives
	chats    chan *chat.State  // to the chat window, newest only
	replies  chan chat.Sign    // from it

	status   *ipcpb.TrayStatus
	banner   *notch // what is to be shown; nil: nothing
	talk     talk
	pause    pause
	queue    []*job
	active   *job
	sent     prompt.Fields  // of the request that is not yet confirmed
	used     *wirepb.Button // by which it came; nil: by none
	patience time.Duration  // for an answer to one
	waits    []byte         // id of a request by a button that was not answered yet
}

// clickQueue is how many menu clicks may wait: a person makes one.
const clickQueue = 4

func newCore(conn *ipc.Conn, o Options) *core {
	c := &core{
		conn: conn, log: o.Log, display: o.Display, prompter: o.Prompter, backend: "given",
		words: o.Words, config: o.Config, shortcut: shortcut{folder: o.Desktop}, buttons: buttons{desktop: o.Desktop, data: o.Data},
		messages: make(chan *ipcpb.ToTray), clicks: make(chan words.ID, clickQueue),
		results: make(chan func() error), signs: make(chan sign), wanted: make(chan *notch, 1), beats: make(chan func(), 1),
		chats: make(chan *chat.State, 1), replies: make(chan chat.Sign),
		status: &ipcpb.TrayStatus{}, patience: o.Answer, downloads: o.Downloads, ferries: map[string]*ferry{},
	}
	if c.patience == 0 {
		c.patience = answerTime
	}
	if c.prompter == nil {
		po := prompt.Options{Display: o.Display, Backend: o.Backend, Log: o.Log, Words: o.Words}
		p, name, err := prompt.Open(po)
		if err != nil {
			// Not the end: the icon works, and a display may come.
			o.Log.Warn("no prompts", "err", err)
			p, name = later{po}, ""
		}
		c.prompter, c.backend = p, name
	}
	return c
}

// click is called by the icon; a click that nobody can take is dropped.
func (c *core) click(k words.ID) {
	select {
	case c.clicks <- k:
	default:
	}
}

// run is the loop. Its error is the cause of the end of the process.
func (c *core) run(ctx context.Context, host bool) error {
	defer c.dropFiles()
	defer c.closePrompts()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // first, so that an open prompt has nobody to report to
	if err := c.ready(host); err != nil {
		return err
	}
	c.icon.set(c.menu())
	l, nothing := c.prompter.(later)
	wait := lookFirst
	look := time.NewTimer(wait)
	defer look.Stop()
	if !nothing {
		look.Stop()
	}
	for {
		var err error
		select {
		case <-look.C:
			if c.backend = l.backend(); c.backend != "" {
				err = c.ready(host)
				break
			}
			wait = min(2*wait, lookLast)
			look.Reset(wait)
		case <-ctx.Done():
			return context.Cause(ctx)
		case m := <-c.messages:
			err = c.message(ctx, m)
		case k := <-c.clicks:
			err = c.clicked(ctx, k)
		case s := <-c.signs:
			err = c.signed(s)
		case s := <-c.replies:
			err = c.chatted(ctx, s)
		case end := <-c.results:
			if err = end(); err == nil {
				err = c.next(ctx)
			}
		}
		if err != nil {
			return err
		}
	}
}

// ready tells the service what there is: at the start, and once more when prompts can
// be shown that could not at first.
func (c *core) ready(host bool) error {
	return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Ready{
		Ready: &ipcpb.TrayReady{Icon: host, PromptBackend: c.backend},
	}})
}

func (c *core) send(m *ipcpb.FromTray) error {
	err := c.conn.Send(m)
	switch {
	case err == nil:
		return nil
	case closedPipe(err):
		return errPipeClosed
	}
	return fmt.Errorf("send: %w", err)
}

// message acts on one message of the service.
func (c *core) message(ctx context.Context, m *ipcpb.ToTray) error {
	switch k := m.Kind.(type) {
	case *ipcpb.ToTray_Status:
		c.status = k.Status
		c.icon.set(c.menu())
		c.showChat()
		if k.Status.Adhoc {
			return nil // an icon on the desktop is of what is installed, and none of ours
		}
		wish := shortcutWish{k.Status.DesktopIcon, k.Status.DesktopIconName, k.Status.Endpoint}
		if err := c.shortcut.set(wish); err != nil {
			c.log.Warn("desktop icon", "err", err)
		}
	case *ipcpb.ToTray_Ask:
		return c.ask(ctx, k.Ask)
	case *ipcpb.ToTray_Withdraw:
		return c.withdraw(k.Withdraw.GetNonce())
	case *ipcpb.ToTray_Banner:
		return c.show(k.Banner)
	case *ipcpb.ToTray_Beat:
		select {
		case c.beats <- c.beat:
		default: // the one before was not answered yet
		}
	case *ipcpb.ToTray_BannerHide:
		c.banner = nil
		c.want(nil)
		c.icon.set(c.menu())
		return c.endChat()
	case *ipcpb.ToTray_Notice:
		return c.tell(ctx, k.Notice)
	case *ipcpb.ToTray_Form:
		return c.wantsHelp(ctx)
	case *ipcpb.ToTray_Chat:
		c.heard(k.Chat)
	case *ipcpb.ToTray_ChatTyping:
		c.repTypes(k.ChatTyping)
	case *ipcpb.ToTray_ChatHistory:
		c.heardBefore(k.ChatHistory)
	case *ipcpb.ToTray_Quiet:
		c.quieted(k.Quiet)
	case *ipcpb.ToTray_Buttons:
		return c.layOut(k.Buttons)
	case *ipcpb.ToTray_Press:
		return c.pressed(ctx, k.Press.Id)
	case *ipcpb.ToTray_FileAsk:
		return c.askFile(ctx, k.FileAsk)
	case *ipcpb.ToTray_FileOpen:
		return c.toFerry(k.FileOpen.Nonce, k.FileOpen)
	case *ipcpb.ToTray_File:
		return c.toFerry(k.File.Nonce, k.File)
	case *ipcpb.ToTray_FileDrop:
		c.dropFile(k.FileDrop.Nonce)
	case *ipcpb.ToTray_RequestNews:
		return c.requestNews(ctx, k.RequestNews)
	case *ipcpb.ToTray_RequestResult:
		return c.requestResult(ctx, k.RequestResult)
	default:
		c.log.Warn("unknown message dropped")
	}
	return nil
}

// show puts up or replaces the banner.
func (c *core) show(b *ipcpb.Banner) error {
	if c.banner != nil && !c.chatting(b.Session) {
		if err := c.endChat(); err != nil {
			return err
		}
	}
	n := &notch{
		session: bytes.Clone(b.Session),
		reps:    peopleOf(b),
		org:     prompt.Clean(b.Organisation, prompt.MaxName),
		control: b.Control, paused: b.Paused, held: b.Held, recorded: b.Recorded,
		taken: b.Restricted, dark: b.Dark,
		note: prompt.Clean(b.Note, maxNote), unread: c.talk.unread,
	}
	if b.LeftMs > 0 {
		n.until = time.Now().Add(time.Duration(b.LeftMs) * time.Millisecond) //nolint:gosec // our own service's
	}
	// Time only runs down, however long a message was under way.
	if o := c.banner; o != nil && bytes.Equal(o.session, n.session) && !o.until.IsZero() && (n.until.IsZero() || n.until.After(o.until)) {
		n.until = o.until
	}
	c.banner = n
	c.want(n)
	c.icon.set(c.menu())
	c.showChat()
	return nil
}

// want tells the banner what to show; what it has not yet taken is replaced.
func (c *core) want(n *notch) {
	select {
	case <-c.wanted:
	default:
	}
	c.wanted <- n
}

// beat tells the service that the banner's goroutine lives, which calls it. A pipe that
// is gone is what the others learn, too.
func (c *core) beat() {
	_ = c.conn.Send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Beat{Beat: &ipcpb.Beat{}}})
}

// signed passes on what the banner reports about the session it is for.
func (c *core) signed(s sign) error {
	if c.banner == nil || !bytes.Equal(s.session, c.banner.session) {
		return nil // of a banner that was replaced meanwhile
	}
	switch s.kind {
	case signShown:
		c.log.Info("banner shown")
		return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_BannerShown{BannerShown: &ipcpb.BannerShown{Session: s.session, Window: s.window}}})
	case signPlaced:
		return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_BannerPlaced{BannerPlaced: s.placed}})
	case signLost:
		c.log.Warn("banner lost", "reason", s.detail)
		return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_BannerLost{BannerLost: &ipcpb.BannerLost{Detail: s.detail, Reason: s.reason}}})
	case signDone:
		return c.done()
	case signChat:
		c.openChat()
	}
	return nil
}

func (c *core) done() error {
	var session []byte // empty: the one that is active
	if c.banner != nil {
		session = c.banner.session
	}
	c.log.Info("customer ends the session")
	return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: session}}})
}

func (c *core) clicked(ctx context.Context, k words.ID) error {
	switch k {
	case words.MenuSupport:
		return c.wantsHelp(ctx)
	case words.MenuCancel:
		return c.cancelRequest()
	case words.MenuChat:
		c.openChat()
		return nil
	case words.MenuEnd:
		if c.banner == nil && !c.status.GetSessionActive() {
			return nil
		}
		return c.done()
	case words.MenuAbout:
		return c.notice(ctx, strings.ReplaceAll(c.words.Say(words.MenuAbout), "&", ""), c.about())
	default:
		return nil
	}
}

// answer sends what became of a consent ask.
func (c *core) answer(nonce []byte, code wirepb.ErrorCode, detail string) error {
	return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Answer{
		Answer: &ipcpb.ConsentAnswer{Nonce: nonce, Code: code, Detail: detail},
	}})
}

var errWithdrawn = errors.New("withdrawn")
