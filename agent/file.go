package agent

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// fileIdle is how long a transfer may wait for its stream: as long as the person's Yes
// is fresh, and a link that was lost is likely to come back.
const fileIdle = 2 * time.Minute

// file is the transfer of one file. It belongs to the loop:
//
//	offered ▶ the person is asked ▶ agreed ▶ content over a stream ▶ over
//	                                   ▲            │ stream or link lost
//	                                   └────────────┘ waits for the broker to open another
//
// What is read and written is read and written by the tray, as the user; the service
// passes it on and sees to it that it is what was agreed to.
type file struct {
	offer  *wirepb.FileOffer
	nonce  []byte
	agreed bool
	size   uint64
	stream uint32   // counts its streams
	pass   *passage // the one that stands; nil: none
	timer  *time.Timer
}

// fileOffered begins with an offer: check, then ask. Each gets exactly one answer. Runs
// on the loop, as all of this file.
func (a *agent) fileOffered(o *wirepb.FileOffer) {
	s := a.session
	if code, detail := a.mayTransfer(s, o); code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		a.Log.Info("file refused", "code", wire.CodeName(code), "detail", detail)
		a.answerFile(o, &wirepb.FileAnswer{Code: code, Detail: detail})
		return
	}
	f := &file{offer: o, nonce: make([]byte, 16), size: o.Size}
	_, _ = rand.Read(f.nonce) // never fails
	s.files = append(s.files, f)
	limit := s.patience()
	a.limitFile(s, f, limit, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT)
	s.log.Info("asking for a file", "direction", o.Direction.String(), "bytes", o.Size, "rep", o.RepId)
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_FileAsk{FileAsk: &ipcpb.FileAsk{
		Nonce: f.nonce, Direction: o.Direction, RepName: s.name(s.wants(o)), Organisation: a.Organisation,
		Name: o.Name, Size: o.Size, Sha256: o.Sha256, TimeoutS: uint32(limit / time.Second),
	}}})
}

// permissionFor is what a session needs for files that go one way.
func permissionFor(d wirepb.FileDirection) wirepb.Permission {
	if d == wirepb.FileDirection_FILE_DIRECTION_TO_ENDPOINT {
		return wirepb.Permission_PERMISSION_FILES_TO_ENDPOINT
	}
	return wirepb.Permission_PERMISSION_FILES_FROM_ENDPOINT
}

// wants is the id of who wants a file.
func (s *session) wants(o *wirepb.FileOffer) string {
	if o.RepId == "" {
		return s.grant.RepId
	}
	return o.RepId
}

// mayTransfer says why an offer is not put to the person; UNSPECIFIED: it is. A file is
// never sent or taken without a person, whatever the rule of consent.
func (a *agent) mayTransfer(s *session, o *wirepb.FileOffer) (code wirepb.ErrorCode, detail string) {
	in := o.Direction == wirepb.FileDirection_FILE_DIRECTION_TO_ENDPOINT
	switch {
	case s == nil || s.phase != phaseActive || string(s.id[:]) != string(o.Session):
		return wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, ""
	case o.Transfer == 0, !in && o.Direction != wirepb.FileDirection_FILE_DIRECTION_FROM_ENDPOINT,
		in && (o.Name == "" || len(o.Name) > wire.MaxName || len(o.Sha256) != sha256.Size):
		return wirepb.ErrorCode_ERROR_CODE_MALFORMED, ""
	case o.Size > wire.MaxFile:
		return wirepb.ErrorCode_ERROR_CODE_FILE_TOO_LARGE, ""
	case s.held:
		return wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, ""
	case s.name(s.wants(o)) == "":
		return wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, ""
	case !s.exchanges(seat{rep: s.wants(o)}, permissionFor(o.Direction)):
		return wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, ""
	case a.move != nil:
		return wirepb.ErrorCode_ERROR_CODE_BUSY, "the session is being taken to another terminal session"
	case !a.attended():
		return wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT, ""
	case !a.tray.ready || a.tray.prompts == "":
		return wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, ""
	}
	for _, f := range s.files {
		if f.offer.Direction == o.Direction || f.offer.Transfer == o.Transfer {
			return wirepb.ErrorCode_ERROR_CODE_BUSY, "another file is under way"
		}
	}
	return wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED, ""
}

// limitFile has a transfer end unless it goes on until then.
func (a *agent) limitFile(s *session, f *file, d time.Duration, code wirepb.ErrorCode) {
	if f.timer != nil {
		f.timer.Stop()
	}
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		a.post(func() {
			if a.session == s && f.timer == t {
				a.dropFile(s, f, code, "")
			}
		})
	})
	f.timer = t
}

// fileAnswered is the tray's word on a transfer: the person's answer, or that it gave up.
func (a *agent) fileAnswered(m *ipcpb.FileAnswer) {
	s, f := a.session, (*file)(nil)
	if s != nil {
		f = s.fileOf(func(f *file) bool { return subtle.ConstantTimeCompare(f.nonce, m.Nonce) == 1 })
	}
	if f == nil {
		return // it was taken back
	}
	r := m.GetAnswer()
	out := f.offer.Direction == wirepb.FileDirection_FILE_DIRECTION_FROM_ENDPOINT
	switch {
	case r.GetCode() != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED:
		a.dropFile(s, f, r.GetCode(), r.GetDetail())
	case f.agreed:
	case out && (r.GetName() == "" || len(r.GetName()) > wire.MaxName || r.GetSize() > wire.MaxFile):
		a.dropFile(s, f, wirepb.ErrorCode_ERROR_CODE_FILE_FAILED, "its name or size cannot be sent")
	default:
		f.agreed = true
		answer := &wirepb.FileAnswer{}
		if out {
			f.size = r.GetSize()
			answer.Name, answer.Size = r.GetName(), r.GetSize()
		}
		s.log.Info("file agreed to", "direction", f.offer.Direction.String(), "bytes", f.size)
		a.limitFile(s, f, fileIdle, wirepb.ErrorCode_ERROR_CODE_TRANSFER_LOST)
		a.answerFile(f.offer, answer)
	}
}

func (s *session) fileOf(is func(*file) bool) *file {
	for _, f := range s.files {
		if is(f) {
			return f
		}
	}
	return nil
}

func (a *agent) answerFile(o *wirepb.FileOffer, m *wirepb.FileAnswer) {
	m.Session, m.Transfer = o.Session, o.Transfer
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_FileAnswer{FileAnswer: m}})
}

// fileCancelled is the broker's end of a transfer.
func (a *agent) fileCancelled(m *wirepb.FileCancel) {
	if s := a.session; s != nil && string(s.id[:]) == string(m.Session) {
		if f := s.fileOf(func(f *file) bool { return f.offer.Transfer == m.Transfer }); f != nil {
			a.endFile(s, f)
		}
	}
}

// dropFile ends a transfer and says why.
func (a *agent) dropFile(s *session, f *file, code wirepb.ErrorCode, detail string) {
	a.endFile(s, f)
	s.log.Info("file not transferred", "code", wire.CodeName(code), "detail", detail)
	a.answerFile(f.offer, &wirepb.FileAnswer{Code: code, Detail: detail})
}

// dropFiles ends all of them: the person they were agreed with is gone, or what
// permitted them.
func (a *agent) dropFiles(s *session, code wirepb.ErrorCode) {
	for len(s.files) > 0 {
		a.dropFile(s, s.files[0], code, "")
	}
}

// unaskFiles takes the questions back that stand: nobody is there for the answer.
func (a *agent) unaskFiles(s *session) {
	for _, f := range append([]*file(nil), s.files...) {
		if !f.agreed {
			a.dropFile(s, f, wirepb.ErrorCode_ERROR_CODE_TRANSFER_LOST, "")
		}
	}
}

// curbFiles ends the transfers that may not go on, now that something was taken away.
func (a *agent) curbFiles(s *session) {
	for _, f := range append([]*file(nil), s.files...) {
		switch rep := s.wants(f.offer); {
		case s.name(rep) == "":
			a.dropFile(s, f, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, "")
		case !s.exchanges(seat{rep: rep}, permissionFor(f.offer.Direction)):
			a.dropFile(s, f, wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "")
		case s.held:
			a.dropFile(s, f, wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "")
		}
	}
}

// endFile ends a transfer here, without a word to the broker.
func (a *agent) endFile(s *session, f *file) {
	for i, o := range s.files {
		if o == f {
			s.files = append(s.files[:i:i], s.files[i+1:]...)
			break
		}
	}
	f.timer.Stop()
	a.endPassage(f)
	a.tray.send(withdraw(f.nonce))
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_FileDrop{FileDrop: &ipcpb.FileDrop{Nonce: f.nonce}}})
}
