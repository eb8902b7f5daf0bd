// Package transfer carries files between a rep's browser and an endpoint. It reads what
// passes to count and to compare it, and keeps nothing but what is under way: one window
// of bytes. The endpoint asks its person about each file; here is decided who may want
// one, and recorded before the endpoint hears of it and again when it is over.
package transfer

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	// answerWait is how long a person may take, the endpoint's own limit and a margin.
	answerWait = 6 * time.Minute
	// idle is how long a transfer waits for the rep's browser after the Yes.
	idle = 2 * time.Minute
	// kept is how many transfers of a session are shown once they are over.
	kept = 8
	// newsEvery is how often a browser is told how far a transfer is.
	newsEvery = 500 * time.Millisecond
)

// Directions.
const (
	toEndpoint   = wirepb.FileDirection_FILE_DIRECTION_TO_ENDPOINT
	fromEndpoint = wirepb.FileDirection_FILE_DIRECTION_FROM_ENDPOINT
)

// Agents reaches endpoints; package fleet is it.
type Agents interface {
	Send(device string, m *wirepb.BrokerMessage) error
}

// Desk knows sessions; package desk is it.
type Desk interface {
	Get(ctx context.Context, id wire.SessionID) (desk.Session, error)
}

// Config is what a book needs.
type Config struct {
	Audit  account.Log
	Hub    *live.Hub
	Agents Agents
	// Desk is asked for, since the desk has the book, too.
	Desk func() Desk
	// Ended tells when a sign-in ends, so that its transfers end with it.
	Ended func(account.Principal) (ended <-chan struct{}, cancel func())
	Log   *slog.Logger
	Now   func() time.Time
}

// Book is the transfers of the open sessions. Its methods may be called from any
// goroutine.
type Book struct {
	conf Config
	mu   sync.Mutex
	all  map[wire.SessionID][]*transfer // oldest first
}

// transfer is one file. What stands below end is guarded by the book's mutex.
type transfer struct {
	session wire.SessionID
	number  uint32
	device  string
	name    string // of the device
	rep     account.Principal
	stream  chan transport.Stream // of capacity 1
	life    context.Context       //nolint:containedctx // ends with the transfer
	end     context.CancelCauseFunc

	desk.File
	timer *time.Timer
	told  time.Time // when the browser was told last
	over  bool      // it has ended, which is being recorded
}

// New makes a book without transfers.
func New(c Config) *Book { return &Book{conf: c, all: make(map[wire.SessionID][]*transfer)} }

// Wish is a file that a rep wants to send, or wants to be sent: then it is empty but for
// the direction.
type Wish struct {
	Direction wirepb.FileDirection
	Name      string
	Size      uint64
	SHA256    []byte
}

func (w *Wish) check() error {
	if w.Direction == fromEndpoint {
		*w = Wish{Direction: fromEndpoint}
		return nil
	}
	w.Name = text.Name(w.Name)
	switch {
	case w.Name == "":
		return &account.FieldError{Field: "name", Detail: "a file needs a name that prints"}
	case w.Size > wire.MaxFile:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FILE_TOO_LARGE, fmt.Sprintf("files of up to %d GiB are transferred", wire.MaxFile>>30))
	case len(w.SHA256) != sha256.Size:
		return &account.FieldError{Field: "sha256", Detail: "the SHA-256 of the content is 32 bytes"}
	}
	return nil
}

// Begin has the endpoint ask its person about a file.
func (b *Book) Begin(ctx context.Context, p account.Principal, id wire.SessionID, w Wish) (desk.File, error) {
	s, err := b.conf.Desk().Get(ctx, id)
	if err == nil {
		err = desk.MayTransfer(p, s, w.Direction)
	}
	if err == nil {
		err = w.check()
	}
	if err != nil {
		return desk.File{}, err
	}
	t := &transfer{
		session: id, device: s.Device, name: s.DeviceName, rep: p, stream: make(chan transport.Stream, 1),
		File: desk.File{
			ID: account.NewID(), Direction: w.Direction, Name: w.Name, Size: w.Size, SHA256: w.SHA256, State: desk.FileAsking, By: p.ID, ByName: p.DisplayName,
		},
	}
	for t.number == 0 {
		var n [4]byte
		_, _ = rand.Read(n[:]) // never fails
		t.number = binary.BigEndian.Uint32(n[:])
	}
	t.life, t.end = context.WithCancelCause(context.Background())
	if err := b.add(t); err != nil {
		return desk.File{}, err
	}
	r := b.about(t, t.File, "session.file_ask")
	r.Result = audit.OK
	if _, err = b.conf.Audit.Append(context.WithoutCancel(ctx), r); err == nil {
		err = b.conf.Agents.Send(t.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_FileOffer{FileOffer: &wirepb.FileOffer{
			Session: id[:], Transfer: t.number, RepId: p.ID, Direction: t.Direction, Name: t.Name, Size: t.Size, Sha256: t.SHA256,
		}}})
	}
	if err != nil {
		b.fail(t, err, false)
		return desk.File{}, err
	}
	if ended, cancel := b.conf.Ended(p); ended != nil {
		go func() {
			defer cancel()
			select {
			case <-ended:
				b.fail(t, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, "signed out"), true)
			case <-t.life.Done():
			}
		}()
	}
	b.publish(t)
	return b.show(t), nil
}

// add takes a transfer in: one each way at a time.
func (b *Book) add(t *transfer) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.all[t.session]
	over := 0
	for _, o := range all {
		if o.State >= desk.FileDone {
			over++
		} else if o.Direction == t.Direction {
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "another file is under way")
		}
	}
	if over >= kept {
		oldest := slices.IndexFunc(all, func(o *transfer) bool { return o.State >= desk.FileDone })
		all = slices.Delete(all, oldest, oldest+1)
	}
	b.all[t.session] = append(all, t)
	b.wait(t, answerWait)
	return nil
}

// wait lets a transfer fail unless something happens until then. The book is locked.
func (b *Book) wait(t *transfer, d time.Duration) {
	t.stopWaiting()
	var own *time.Timer
	own = time.AfterFunc(d, func() {
		b.mu.Lock()
		mine := t.timer == own
		b.mu.Unlock()
		if mine {
			b.fail(t, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TRANSFER_LOST, "nobody went on with it"), true)
		}
	})
	t.timer = own
}

func (t *transfer) stopWaiting() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

// Of implements desk.Files.
func (b *Book) Of(id wire.SessionID) []desk.File {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []desk.File
	for _, t := range b.all[id] {
		all = append(all, t.File)
	}
	return all
}

func (b *Book) show(t *transfer) desk.File {
	b.mu.Lock()
	defer b.mu.Unlock()
	return t.File
}

func (b *Book) publish(t *transfer) { b.conf.Hub.Publish(live.Change{Session: t.session}) }

// find is the transfer for which is holds; nil: there is none.
func (b *Book) find(is func(*transfer) bool) *transfer {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, all := range b.all {
		if i := slices.IndexFunc(all, is); i >= 0 {
			return all[i]
		}
	}
	return nil
}
