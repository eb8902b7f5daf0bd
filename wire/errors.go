package wire

import (
	"errors"
	"fmt"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// ErrMalformed is wrapped by every parse error: the peer broke the protocol,
// end the stream. ErrTruncated (also an ErrMalformed) says that bytes are missing.
var (
	ErrMalformed = errors.New("malformed")
	ErrTruncated = fmt.Errorf("%w: truncated", ErrMalformed)
)

// CodeError is a typed refusal or end: what the peer said, or is to be told.
type CodeError struct {
	Code   wirepb.ErrorCode
	Detail string // for people; may be empty
}

// Refuse is a CodeError as an error. detail is for people, and may be empty.
func Refuse(code wirepb.ErrorCode, detail string) error {
	return &CodeError{Code: code, Detail: detail}
}

func (e *CodeError) Error() string {
	if e.Detail == "" {
		return CodeName(e.Code)
	}
	return CodeName(e.Code) + ": " + e.Detail
}

// Is makes errors.Is(err, &CodeError{Code: c}) true for any detail.
func (e *CodeError) Is(target error) bool {
	t, ok := target.(*CodeError)
	return ok && t.Code == e.Code
}
