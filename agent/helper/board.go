package helper

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/clipboard"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	// boardTime bounds one look at the clipboard, however slow the program is that has it.
	boardTime = 20 * time.Second
	// reopenBoard is how long to wait after the clipboard could not be reached.
	reopenBoard = 2 * time.Second
	// followPause is the least time between two copies that are sent as they are made: a
	// program that copies all the time costs no more.
	followPause = 500 * time.Millisecond
	// errandsAtOnce and errandsPerSecond are what the viewers together may ask for: much
	// more than people do.
	errandsAtOnce    = 32
	errandsPerSecond = 4
	// rememberBrought is how many texts that viewers brought are known again when a
	// program here copies them: clipboard managers give back one of the last.
	rememberBrought = 16
)

// board is the clipboard, on a goroutine of its own: a program that does not answer holds
// up nothing else. It is where the rights to it are enforced.
//
// Of what is copied here a viewer can have what was copied since it might have it, and
// never what a viewer brought: that would be from one rep to another. Nothing is read
// before a viewer asks.
type board struct {
	h    *helper
	bell chan struct{}

	mu   sync.Mutex
	todo map[*view]*errand

	// The running goroutine's.
	at      clipboard.Board // nil: not open
	tried   time.Time
	turn    *time.Timer
	pace    *rate.Limiter
	changes uint64                             // copies here so far, of which
	base    uint64                             // were counted by boards before this one
	lasts   map[*view]*copier                  // who may use it, or was told that they may not any more
	brought [rememberBrought][sha256.Size]byte // what viewers brought last
	bringer int                                // counts it
	sent    time.Time                          // when a copy was sent to who waits for the next
}

// errand is what is new of one viewer. Of two texts, or two wishes, the newer counts.
type errand struct {
	text   *string
	seq    uint32
	wish   *wirepb.ClipboardWish
	closed bool
	cut    bool // it might not have what was copied, for a while at least
}

// copier is what a viewer has had.
type copier struct {
	since  uint64 // copies up to this one are not for it
	had    uint64 // the last that was sent
	could  bool   // have what is copied, when it was looked at last
	waits  bool   // for the next
	follow bool   // it has waited before: had counts
	told   *wirepb.ClipboardState
}

func newBoard(h *helper) *board {
	b := &board{
		h: h, bell: make(chan struct{}, 1), todo: map[*view]*errand{}, lasts: map[*view]*copier{},
		turn: time.NewTimer(time.Hour), pace: rate.NewLimiter(errandsPerSecond, errandsAtOnce),
	}
	b.turn.Stop()
	return b
}

// watch looks anew at what a view may do. Nil is nobody's.
func (b *board) watch(v *view) {
	if v == nil {
		return
	}
	_, out := v.exchanges()
	b.put(v, func(e *errand) { e.cut = e.cut || !out })
}

func (b *board) forget(v *view) { b.put(v, func(e *errand) { e.closed = true }) }

// take takes a viewer's message.
func (b *board) take(v *view, m wire.Media) error {
	if m.Kind == wire.MediaClipboard {
		text, err := wire.ParseClipboard(m.Payload)
		if err == nil {
			b.put(v, func(e *errand) { e.text, e.seq = &text, m.Seq })
		}
		return err
	}
	w := new(wirepb.ClipboardWish)
	if err := proto.Unmarshal(m.Payload, w); err != nil {
		return errors.Join(wire.ErrMalformed, err)
	}
	b.put(v, func(e *errand) { e.wish = w })
	return nil
}

// put never waits.
func (b *board) put(v *view, add func(*errand)) {
	b.mu.Lock()
	e := b.todo[v]
	if e == nil {
		e = new(errand)
		b.todo[v] = e
	}
	add(e)
	b.mu.Unlock()
	select {
	case b.bell <- struct{}{}:
	default:
	}
}

func (b *board) run(ctx context.Context) {
	defer b.shut()
	defer b.turn.Stop()
	for {
		var changed, gone <-chan struct{}
		if b.at != nil {
			changed, gone = b.at.Changed(), b.at.Gone()
		}
		select {
		case <-ctx.Done():
			return
		case <-b.bell:
			b.mu.Lock()
			todo := b.todo
			b.todo = map[*view]*errand{}
			b.mu.Unlock()
			for v, e := range todo {
				b.serve(ctx, v, e)
			}
		case <-changed:
			b.count(ctx)
			b.follow(ctx)
		case <-gone:
			b.shut()
			b.turn.Reset(reopenBoard)
		case <-b.turn.C:
			if len(b.lasts) > 0 {
				b.open(ctx)
			}
			b.follow(ctx)
		}
	}
}

func (b *board) shut() {
	if b.at != nil {
		_ = b.at.Close()
		b.at = nil
	}
}

// open opens the clipboard if it is not, but not again and again.
func (b *board) open(ctx context.Context) bool {
	if b.at != nil {
		return true
	}
	if !b.tried.IsZero() && time.Since(b.tried) < reopenBoard {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	at, err := clipboard.Open(ctx, clipboard.Options{Display: b.h.Display, Limit: wire.MaxClipboard, Log: b.h.Log})
	if err != nil {
		b.tried = time.Now()
		b.h.Log.Info("clipboard", "err", err)
		return false
	}
	b.at, b.tried, b.base = at, time.Time{}, b.changes
	return true
}

// count counts what was copied here up to now.
func (b *board) count(ctx context.Context) {
	if b.at == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, boardTime)
	defer cancel()
	n, err := b.at.Copies(ctx)
	if err != nil {
		b.went(err)
		return
	}
	b.changes = b.base + n
}

func (b *board) serve(ctx context.Context, v *view, e *errand) {
	if e.closed {
		delete(b.lasts, v)
		return
	}
	if !v.asked() {
		return // it comes again with the settings
	}
	in, out := v.exchanges()
	c := b.lasts[v]
	if c == nil && (in || out) {
		b.open(ctx)
		c = new(copier)
		b.lasts[v] = c
	}
	b.count(ctx)
	if c != nil {
		if out && (!c.could || e.cut) {
			c.since = b.changes // what was copied before is not for it
		}
		c.could = out
		b.tell(v, c, &wirepb.ClipboardState{})
	} else if e.text != nil || e.wish != nil {
		c = new(copier) // only to be refused
	}
	if e.text != nil {
		b.bring(ctx, v, c, *e.text, e.seq)
	}
	switch {
	case e.wish == nil:
	case e.wish.Next:
		if c.waits = true; !c.follow {
			c.follow, c.had = true, b.changes
		}
	default:
		c.waits = false
		b.send(ctx, v, c, false)
	}
	if c != nil && c.waits {
		b.follow(ctx)
	}
}

// bring puts a viewer's text into the clipboard.
func (b *board) bring(ctx context.Context, v *view, c *copier, text string, seq uint32) {
	var code wirepb.ErrorCode
	detail := ""
	switch in, _ := v.exchanges(); {
	case !b.pace.Allow():
		b.tell(v, c, &wirepb.ClipboardState{Seq: seq, Code: wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED})
		return
	case !in:
		code = wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_REFUSED
	case !b.open(ctx):
		code = wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_UNAVAILABLE
	default:
		b.brought[b.bringer%rememberBrought] = sha256.Sum256([]byte(text)) // before anybody can copy it again
		b.bringer++
		ctx, cancel := context.WithTimeout(ctx, boardTime)
		defer cancel()
		code, detail = b.went(b.at.Write(ctx, text))
	}
	b.report(v, true, len(text), code)
	b.tell(v, c, &wirepb.ClipboardState{Seq: seq, Code: code, Detail: detail})
}

// follow sends what was copied to who holds the control token and waits for it.
func (b *board) follow(ctx context.Context) {
	if rest := followPause - time.Since(b.sent); rest > 0 && !b.sent.IsZero() {
		b.turn.Reset(rest)
		return
	}
	for v, c := range b.lasts {
		if _, out := v.exchanges(); !c.waits || !out || !v.holds() || b.changes <= max(c.since, c.had) {
			continue
		}
		b.sent = time.Now()
		b.send(ctx, v, c, true)
	}
}

// send sends what was copied last. Who waits for the next copy waits on over one that is
// not for it.
func (b *board) send(ctx context.Context, v *view, c *copier, waited bool) {
	var code wirepb.ErrorCode
	detail, text, at := "", "", b.changes
	_, out := v.exchanges()
	switch {
	case !waited && !b.pace.Allow():
		b.tell(v, c, &wirepb.ClipboardState{Wish: true, Code: wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED})
		return
	case !out:
		code = wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_REFUSED
	case !b.open(ctx):
		code = wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_UNAVAILABLE
	case b.changes <= c.since:
		code = wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_EMPTY
	default:
		text, code, detail = b.read(ctx)
		if _, out = v.exchanges(); !out { // it took a while
			text, code, detail = "", wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_REFUSED, ""
		}
	}
	c.had = at
	if waited && (code == wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_EMPTY || code == wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_NO_TEXT) {
		return
	}
	c.waits = false
	b.report(v, false, len(text), code)
	if code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		b.tell(v, c, &wirepb.ClipboardState{Wish: true, Code: code, Detail: detail})
		return
	}
	h := wire.MediaHeader{Kind: wire.MediaClipboard}
	_ = b.h.conn.SendMedia(v.id, wire.AppendMedia(nil, wire.Media{MediaHeader: h, Payload: []byte(text)}))
}

func (b *board) read(ctx context.Context) (string, wirepb.ErrorCode, string) {
	ctx, cancel := context.WithTimeout(ctx, boardTime)
	defer cancel()
	text, err := b.at.Read(ctx)
	if err == nil && slices.Contains(b.brought[:], sha256.Sum256([]byte(text))) { // copied again by a clipboard manager
		err = clipboard.ErrEmpty
	}
	code, detail := b.went(err)
	if err != nil {
		text = ""
	}
	return text, code, detail
}

// went is how a look at the clipboard went, as the protocol says it.
func (b *board) went(err error) (wirepb.ErrorCode, string) {
	switch {
	case err == nil:
		return wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED, ""
	case errors.Is(err, clipboard.ErrEmpty):
		return wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_EMPTY, ""
	case errors.Is(err, clipboard.ErrNoText):
		return wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_NO_TEXT, ""
	case errors.Is(err, clipboard.ErrTooLong):
		return wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_TOO_LONG, ""
	case errors.Is(err, clipboard.ErrLost):
		b.shut()
		b.turn.Reset(reopenBoard)
	}
	return wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_UNAVAILABLE, err.Error()
}

// report tells the service what was done, for the audit log.
func (b *board) report(v *view, in bool, bytes int, code wirepb.ErrorCode) {
	b.h.send(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Clipboard{Clipboard: &ipcpb.ClipboardUsed{
		Viewer: v.id, ToEndpoint: in, Bytes: uint32(bytes), Code: code, //nolint:gosec // at most MaxClipboard
	}}})
}

// tell tells a viewer what it may do, and how something went. It is not told the same
// again unless it has asked.
func (b *board) tell(v *view, c *copier, s *wirepb.ClipboardState) {
	s.ToEndpoint, s.FromEndpoint = v.exchanges()
	if s.Seq == 0 && !s.Wish && proto.Equal(s, c.told) {
		return
	}
	c.told = &wirepb.ClipboardState{ToEndpoint: s.ToEndpoint, FromEndpoint: s.FromEndpoint}
	if raw, err := proto.Marshal(s); err == nil {
		h := wire.MediaHeader{Kind: wire.MediaClipboardNote}
		_ = b.h.conn.SendMedia(v.id, wire.AppendMedia(nil, wire.Media{MediaHeader: h, Payload: raw}))
	}
}
