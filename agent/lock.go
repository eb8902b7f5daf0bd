package agent

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// locked is the jump lock: no session begins without a person's yes unless a passkey of
// the lock has answered for its grant. No message changes or takes it, because every
// message is the broker's.
type locked struct {
	Lock     *wirepb.JumpLock  `json:"lock"`
	Counters map[string]uint32 `json:"counters,omitempty"` // of each key, by its id in hex
}

// Errors of a jump lock.
var (
	errCounter     = errors.New("the passkey's counter did not go on: it may exist twice")
	errOtherLock   = errors.New("another jump lock stands; it is removed at the machine only")
	errNotTold     = errors.New("what was proved could not be remembered")
	errNobodyLocks = errors.New("a jump lock stands, and nobody is there to say yes")
)

// unlock checks the proof of an offer, and remembers the passkey's counter. Without a lock
// nobody needs one. Runs on the loop, as all of this file.
func (a *agent) unlock(o *wirepb.SessionOffer) (proved bool, refused *wire.CodeError) {
	l := a.memory.kept.Locked
	if l == nil || o.Proof == nil {
		return false, nil
	}
	no := func(err error) (bool, *wire.CodeError) {
		return false, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_JUMP_PROOF_INVALID, Detail: err.Error()}
	}
	n, err := wire.VerifyJumpProof(l.Lock, o.Grant, o.Proof)
	if err != nil {
		return no(err)
	}
	id := hex.EncodeToString(o.Proof.Key)
	if last := l.Counters[id]; (n != 0 || last != 0) && n <= last {
		return no(errCounter)
	}
	if err := a.memory.count(id, n); err != nil {
		a.Log.Error("jump lock", "err", err)
		return no(errNotTold)
	}
	return true, nil
}

// unattended says whether a session may go without a person's yes, as far as the lock has
// a say.
func (a *agent) unattended(s *session) bool { return a.memory.kept.Locked == nil || s.proved }

// mayLock says why an order to pin may not be obeyed for its lock.
func (a *agent) mayLock(o *wirepb.PinOrder) error {
	if l := a.memory.kept.Locked; l != nil && o.Lock != nil && !proto.Equal(l.Lock, o.Lock) {
		return errOtherLock
	}
	return nil
}

// keepLock fixes a lock; nil changes nothing.
func (m *memory) keepLock(l *wirepb.JumpLock) error {
	if l == nil || m.kept.Locked != nil {
		return nil
	}
	m.kept.Locked = &locked{Lock: l}
	err := m.save()
	if err != nil {
		m.kept.Locked = nil
	}
	return err
}

func (m *memory) count(key string, n uint32) error {
	l := m.kept.Locked
	before := l.Counters[key]
	if l.Counters == nil {
		l.Counters = map[string]uint32{}
	}
	l.Counters[key] = n
	err := m.save()
	if err != nil {
		l.Counters[key] = before
	}
	return err
}

// lock is the one that stands; nil: none.
func (m *memory) lock() *wirepb.JumpLock {
	if m.kept.Locked == nil {
		return nil
	}
	return m.kept.Locked.Lock
}

// Unlock takes the jump lock from a state whose service does not run, and reports whether
// there was one. Who may write there is who may.
func Unlock(state string) (bool, error) {
	if _, err := transport.LoadState(state, memoryFile, maxMemory); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	var m memory
	if err := m.open(state); err != nil {
		return false, fmt.Errorf("unlock: %w", err)
	}
	if m.kept.Locked == nil {
		return false, nil
	}
	m.kept.Locked = nil
	return true, m.save()
}
