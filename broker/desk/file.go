package desk

import (
	"slices"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Files knows the transfers of files; package transfer is it.
type Files interface {
	// Of lists those of a session, oldest first. It asks nobody.
	Of(id wire.SessionID) []File
}

// FileState is how far a transfer is.
type FileState int

// States of a transfer.
const (
	FileAsking FileState = iota + 1 // the person is asked
	FileAgreed                      // it waits for the rep's browser
	FileRunning
	FileDone
	FileFailed
)

// File is the transfer of one file.
type File struct {
	ID        string
	Direction wirepb.FileDirection
	Name      string // empty: the person has not chosen it yet
	Size      uint64
	Done      uint64 // bytes that have arrived
	SHA256    []byte // of its content; nil: not known yet
	StoredAs  string // its name at the endpoint, once it is there
	State     FileState
	Code      wirepb.ErrorCode // why it failed
	Detail    string
	By        string // id of the rep
	ByName    string
}

// MayTransfer says whether p may send a file to the endpoint of a session, or ask for
// one from it, now.
func MayTransfer(p account.Principal, s Session, to wirepb.FileDirection) error {
	if err := policy.Can(p.Policy(), policy.UseFiles, About(s.Session)); err != nil {
		return err
	}
	need := wirepb.Permission_PERMISSION_FILES_FROM_ENDPOINT
	if to == wirepb.FileDirection_FILE_DIRECTION_TO_ENDPOINT {
		need = wirepb.Permission_PERMISSION_FILES_TO_ENDPOINT
	}
	switch {
	case !s.In(p.ID):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, "only those who are in the session may do this")
	case s.ChatOnly():
		return notInMode()
	case s.Phase == support.Held && !s.Attends(p.ID):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "the session is held: resume it first")
	case s.Phase != support.Active && s.Phase != support.Held:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is not active")
	case !slices.Contains(s.Permissions, need) && !s.Input():
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "the session is view only")
	case !slices.Contains(s.Permissions, need):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "the settings of the device do not let files go this way")
	case !s.Connected:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the endpoint's link is lost")
	}
	return nil
}
