package agent

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const fileYes = wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED

// fileIn offers a file to the endpoint, changed by edit.
func (r *rig) fileIn(session []byte, edit func(*wirepb.FileOffer)) {
	o := &wirepb.FileOffer{
		Session: session, Transfer: 7, Direction: wirepb.FileDirection_FILE_DIRECTION_TO_ENDPOINT, Name: "a.txt", Size: 6, Sha256: make([]byte, 32),
	}
	if edit != nil {
		edit(o)
	}
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_FileOffer{FileOffer: o}})
}

func fromEndpoint(o *wirepb.FileOffer) {
	*o = wirepb.FileOffer{Session: o.Session, Transfer: 8, Direction: wirepb.FileDirection_FILE_DIRECTION_FROM_ENDPOINT} //nolint:govet // no lock is in use yet
}

func (r *rig) fileOpen(session []byte, transfer uint32, offset uint64, sum []byte) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_FileOpen{FileOpen: &wirepb.FileOpen{
		Session: session, Transfer: transfer, Offset: offset, Sha256: sum,
	}}})
}

// wantFile expects the next message to be this word on a transfer.
func wantFile(r *rig, code wirepb.ErrorCode) *wirepb.FileAnswer {
	r.t.Helper()
	synctest.Wait()
	select {
	case m := <-r.msgs:
		a := m.GetFileAnswer()
		if a == nil || a.Code != code {
			r.t.Fatalf("got %v, want a file's %v", m, code)
		}
		return a
	default:
		r.t.Fatalf("no answer, want a file's %v", code)
		return nil
	}
}

func (c *fakeChild) fileAnswer(nonce []byte, a *wirepb.FileAnswer) {
	c.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_FileAnswer{FileAnswer: &ipcpb.FileAnswer{Nonce: nonce, Answer: a}}})
}

func (c *fakeChild) piece(o *ipcpb.FileOpen, m *wirepb.FileMessage) {
	c.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_File{File: &ipcpb.FilePiece{Nonce: o.Nonce, Stream: o.Stream, Message: m}}})
}

func dataOf(b []byte) *wirepb.FileMessage {
	return &wirepb.FileMessage{Kind: &wirepb.FileMessage_Data{Data: b}}
}

func beginAt(n uint64) *wirepb.FileMessage {
	return &wirepb.FileMessage{Kind: &wirepb.FileMessage_Begin{Begin: &wirepb.FileBegin{Offset: n}}}
}

func ackOf(n uint64) *wirepb.FileMessage {
	return &wirepb.FileMessage{Kind: &wirepb.FileMessage_Ack{Ack: &wirepb.FileAck{Offset: n}}}
}

func endWith(e *wirepb.FileEnd) *wirepb.FileMessage {
	return &wirepb.FileMessage{Kind: &wirepb.FileMessage_End{End: e}}
}

func (r *rig) hears(s transport.Stream) *wirepb.FileMessage {
	r.t.Helper()
	m := new(wirepb.FileMessage)
	if err := wire.ReadControl(s, m); err != nil {
		r.t.Fatal(err)
	}
	return m
}

func (r *rig) says(s transport.Stream, m *wirepb.FileMessage) {
	r.t.Helper()
	if err := wire.WriteControl(s, m); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
}

// agreed brings a transfer up to its stream, over which the tray has begun.
func (r *rig) agreed(tr *fakeChild, session []byte, transfer uint32, answer *wirepb.FileAnswer) (*ipcpb.FileOpen, transport.Stream) {
	r.t.Helper()
	tr.fileAnswer(expect(r.t, tr, (*ipcpb.ToTray).GetFileAsk).Nonce, answer)
	wantFile(r, fileYes)
	r.fileOpen(session, transfer, 0, nil)
	o := expect(r.t, tr, (*ipcpb.ToTray).GetFileOpen)
	tr.piece(o, beginAt(0))
	s := <-r.files
	if r.hears(s).GetBegin() == nil {
		r.t.Fatal("it does not begin")
	}
	return o, s
}

func TestX2_FileComesOnlyAfterAYes(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, _, tr, _ := r.active(everything)
		r.fileIn(session, nil)
		r.fileOpen(session, 7, 0, nil) // before the Yes
		wantFile(r, wirepb.ErrorCode_ERROR_CODE_TRANSFER_UNKNOWN)
		ask := expect(t, tr, (*ipcpb.ToTray).GetFileAsk)
		if ask.Name != "a.txt" || ask.Size != 6 || ask.RepName != "Ada" {
			t.Errorf("asked %v", ask)
		}
		tr.fileAnswer([]byte("another nonce"), &wirepb.FileAnswer{})
		wantNothing(r)
		tr.fileAnswer(ask.Nonce, &wirepb.FileAnswer{Code: wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER})
		wantFile(r, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		r.fileOpen(session, 7, 0, nil)
		wantFile(r, wirepb.ErrorCode_ERROR_CODE_TRANSFER_UNKNOWN)

		r.fileIn(session, nil)
		o, s := r.agreed(tr, session, 7, &wirepb.FileAnswer{})
		r.says(s, dataOf([]byte("abc")))
		if got := expect(t, tr, (*ipcpb.ToTray).GetFile); string(got.Message.GetData()) != "abc" || got.Stream != o.Stream || !bytes.Equal(got.Nonce, o.Nonce) {
			t.Errorf("the tray was told %v", got)
		}
		tr.piece(o, ackOf(3))
		if got := r.hears(s).GetAck(); got.GetOffset() != 3 {
			t.Errorf("%v", got)
		}
		r.says(s, dataOf([]byte("def")))
		tr.piece(o, endWith(&wirepb.FileEnd{Name: "a.txt"}))
		if got := r.hears(s).GetEnd(); got.GetName() != "a.txt" {
			t.Errorf("%v", got)
		}
		s.Reset()
		expect(t, tr, (*ipcpb.ToTray).GetFileDrop)
		wantNothing(r)
	})
}

func TestX2_FileGoesAndTheBrokerHasTheLastWord(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, _, tr, _ := r.active(everything)
		r.fileIn(session, fromEndpoint)
		tr.fileAnswer(expect(t, tr, (*ipcpb.ToTray).GetFileAsk).Nonce, &wirepb.FileAnswer{Name: "log", Size: 3})
		if a := wantFile(r, fileYes); a.Name != "log" || a.Size != 3 {
			t.Errorf("%v", a)
		}
		r.fileOpen(session, 8, 2, make([]byte, 32))
		o := expect(t, tr, (*ipcpb.ToTray).GetFileOpen)
		if o.Offset != 2 || len(o.Sha256) != 32 {
			t.Errorf("%v", o)
		}
		tr.piece(o, beginAt(2))
		tr.piece(o, dataOf([]byte("c")))
		tr.piece(o, endWith(&wirepb.FileEnd{Sha256: []byte("sum")}))
		s := <-r.files
		if got := r.hears(s).GetBegin(); got.GetOffset() != 2 {
			t.Errorf("%v", got)
		}
		if got := r.hears(s).GetData(); string(got) != "c" {
			t.Errorf("%q", got)
		}
		if got := r.hears(s).GetEnd(); string(got.GetSha256()) != "sum" {
			t.Errorf("%v", got)
		}
		r.says(s, ackOf(3))
		if got := expect(t, tr, (*ipcpb.ToTray).GetFile); got.Message.GetAck().GetOffset() != 3 {
			t.Errorf("%v", got)
		}
		r.says(s, endWith(&wirepb.FileEnd{}))
		expect(t, tr, (*ipcpb.ToTray).GetFileDrop)
		wantNothing(r)
	})
}

func TestX2_RefusedBeforeAnybodyIsAsked(t *testing.T) {
	const (
		unknown   = wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN
		malformed = wirepb.ErrorCode_ERROR_CODE_MALFORMED
		denied    = wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED
	)
	bubble(t, func(t *testing.T, r *rig) {
		session, _, tr, _ := r.active(func(g *wirepb.SessionGrant) {
			everything(g)
			g.Permissions = g.Permissions[:5] // none from the endpoint
		})
		tr.drain()
		for _, tc := range []struct {
			want wirepb.ErrorCode
			edit func(*wirepb.FileOffer)
		}{
			{unknown, func(o *wirepb.FileOffer) { o.Session = make([]byte, 16) }},
			{malformed, func(o *wirepb.FileOffer) { o.Name = "" }},
			{malformed, func(o *wirepb.FileOffer) { o.Name = string(make([]byte, wire.MaxName+1)) }},
			{malformed, func(o *wirepb.FileOffer) { o.Sha256 = nil }},
			{malformed, func(o *wirepb.FileOffer) { o.Direction = 0 }},
			{malformed, func(o *wirepb.FileOffer) { o.Transfer = 0 }},
			{wirepb.ErrorCode_ERROR_CODE_FILE_TOO_LARGE, func(o *wirepb.FileOffer) { o.Size = wire.MaxFile + 1 }},
			{wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, func(o *wirepb.FileOffer) { o.RepId = "rep9" }},
			{denied, fromEndpoint},
		} {
			r.fileIn(session, tc.edit)
			wantFile(r, tc.want)
		}
		guest := ben()
		r.introduce(session, &wirepb.Participant{RepId: "rep1", Name: "Ada", Owner: true, Files: true}, guest)
		r.fileIn(session, func(o *wirepb.FileOffer) { o.RepId = guest.RepId })
		wantFile(r, denied)
		for len(tr.msgs) > 0 {
			if m := (<-tr.msgs).(*ipcpb.ToTray); m.GetFileAsk() != nil {
				t.Errorf("the person was asked: %v", m)
			}
		}
		r.fileIn(session, nil)
		expect(t, tr, (*ipcpb.ToTray).GetFileAsk)
		r.fileIn(session, func(o *wirepb.FileOffer) { o.Transfer = 9 })
		wantFile(r, wirepb.ErrorCode_ERROR_CODE_BUSY)
	})
}

// Whatever the rule of consent: without a person no file comes or goes.
func TestX2_NobodyInFront(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.floor.Notify = true
		r.start()
		defer r.end()
		h, tr := <-r.helper, <-r.tray
		locked := alice()
		locked.Locked = true
		r.terminals.Put(locked)
		synctest.Wait()
		o := r.grant(func(g *wirepb.SessionGrant) {
			everything(g)
			g.ConsentAbsent = wirepb.ConsentRule_CONSENT_RULE_NOTIFY
		})
		r.offer(o)
		wantConsent(r, fileYes)
		_ = h
		tr.shown(o.Session)
		for _, edit := range []func(*wirepb.FileOffer){nil, fromEndpoint} {
			r.fileIn(o.Session, edit)
			wantFile(r, wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT)
		}
	})
}

func TestX2_LostStreamGoesOnWithoutAnotherQuestion(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, _, tr, _ := r.active(everything)
		r.fileIn(session, nil)
		o, s := r.agreed(tr, session, 7, &wirepb.FileAnswer{})
		r.says(s, dataOf([]byte("abc")))
		r.l.Close(transport.ErrLost)
		synctest.Wait()
		r.connect()
		tr.drain()
		r.fileOpen(session, 7, 0, nil)
		again := expect(t, tr, (*ipcpb.ToTray).GetFileOpen)
		if again.Stream == o.Stream || !bytes.Equal(again.Nonce, o.Nonce) {
			t.Errorf("%v after %v", again, o)
		}
		tr.piece(o, ackOf(6)) // of the stream before: goes nowhere
		tr.piece(again, beginAt(3))
		s = <-r.files
		if got := r.hears(s).GetBegin(); got.GetOffset() != 3 {
			t.Errorf("%v", got)
		}
		r.says(s, dataOf([]byte("def")))
		if got := expect(t, tr, (*ipcpb.ToTray).GetFile); string(got.Message.GetData()) != "def" {
			t.Errorf("%v", got)
		}
		wantNothing(r)
	})
}

func TestX2_LostForTooLong(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, _, tr, _ := r.active(everything)
		r.fileIn(session, nil)
		_, s := r.agreed(tr, session, 7, &wirepb.FileAnswer{})
		s.Reset()
		time.Sleep(fileIdle + time.Second)
		wantFile(r, wirepb.ErrorCode_ERROR_CODE_TRANSFER_LOST)
		expect(t, tr, (*ipcpb.ToTray).GetFileDrop)
	})
}

func TestX2_BrokerThatDoesNotKeepToItIsCut(t *testing.T) {
	for name, wrong := range map[string]func(r *rig, s transport.Stream){
		"more than the file": func(r *rig, s transport.Stream) { r.says(s, dataOf(make([]byte, 7))) },
		"nothing":            func(r *rig, s transport.Stream) { r.says(s, dataOf(nil)) },
		"an answer":          func(r *rig, s transport.Stream) { r.says(s, ackOf(1)) },
		"a beginning":        func(r *rig, s transport.Stream) { r.says(s, beginAt(0)) },
		"an end":             func(r *rig, s transport.Stream) { r.says(s, endWith(&wirepb.FileEnd{})) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				session, _, tr, _ := r.active(everything)
				r.fileIn(session, nil)
				_, s := r.agreed(tr, session, 7, &wirepb.FileAnswer{})
				wrong(r, s)
				wantFile(r, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
				expect(t, tr, (*ipcpb.ToTray).GetFileDrop)
			})
		})
	}
	t.Run("more than may be under way", func(t *testing.T) {
		bubble(t, func(t *testing.T, r *rig) {
			session, _, tr, _ := r.active(everything)
			r.fileIn(session, func(o *wirepb.FileOffer) { o.Size = 2 * wire.FileWindow })
			_, s := r.agreed(tr, session, 7, &wirepb.FileAnswer{})
			for range wire.FileWindow / wire.MaxFileChunk {
				r.says(s, dataOf(make([]byte, wire.MaxFileChunk)))
			}
			wantNothing(r)
			r.says(s, dataOf([]byte{1}))
			wantFile(r, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
		})
	})
}

func TestX2_TransferEndsWithWhatPermittedIt(t *testing.T) {
	for name, tc := range map[string]struct {
		take func(t *testing.T, r *rig, session []byte, tr *fakeChild)
		want wirepb.ErrorCode
		told bool
	}{
		"policy": {func(_ *testing.T, r *rig, _ []byte, _ *fakeChild) {
			r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.FilesFromEndpoint = true }))
		}, wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, true},
		"the rep leaves": {func(_ *testing.T, r *rig, session []byte, _ *fakeChild) {
			other := ben()
			other.Files = true
			r.introduce(session, other)
		}, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, true},
		"held": {func(_ *testing.T, r *rig, session []byte, _ *fakeChild) {
			r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Hold{Hold: &wirepb.SessionHold{Session: session, Held: true}}})
		}, wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, true},
		"the tray gives up": {func(t *testing.T, _ *rig, _ []byte, tr *fakeChild) {
			tr.fileAnswer(expect(t, tr, (*ipcpb.ToTray).GetFileAsk).Nonce, &wirepb.FileAnswer{Code: wirepb.ErrorCode_ERROR_CODE_FILE_FAILED})
		}, wirepb.ErrorCode_ERROR_CODE_FILE_FAILED, true},
		"the tray dies": {func(_ *testing.T, _ *rig, _ []byte, tr *fakeChild) { tr.die() }, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				session, _, tr, _ := r.active(everything)
				tr.drain()
				r.fileIn(session, nil)
				tc.take(t, r, session, tr)
				wantFile(r, tc.want)
				if tc.told {
					expect(t, tr, (*ipcpb.ToTray).GetFileDrop)
				}
			})
		})
	}
	t.Run("the session", func(t *testing.T) {
		bubble(t, func(t *testing.T, r *rig) {
			session, _, tr, _ := r.active(everything)
			r.fileIn(session, nil)
			_, s := r.agreed(tr, session, 7, &wirepb.FileAnswer{})
			r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: session}}})
			expect(t, tr, (*ipcpb.ToTray).GetFileDrop)
			if err := wire.ReadControl(s, new(wirepb.FileMessage)); err == nil {
				t.Error("the stream stands")
			}
		})
	})
}
