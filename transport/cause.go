package transport

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// RetryError tells the other end of a link when to come back. Given to Close it
// travels to the peer and is its cause there.
type RetryError struct {
	After time.Duration
	Err   error
}

func (e *RetryError) Error() string { return fmt.Sprintf("%v (retry after %s)", e.Err, e.After) }

// Unwrap is Err.
func (e *RetryError) Unwrap() error { return e.Err }

// A cause travels as a number and a text. The number is a QUIC varint of 62 bits:
// the error code in the low 16, the retry-after in milliseconds above it.
const (
	causeCodeBits  = 16
	maxRetryAfter  = 10 * time.Minute // a broker cannot send its agents away for good
	maxCauseDetail = 256              // bytes; a QUIC close must fit into one packet
)

// encodeCause says what a peer is told. Errors without a code stay at home.
func encodeCause(err error) (uint64, string) {
	var code uint64
	var detail string
	var ce *wire.CodeError
	switch {
	case errors.As(err, &ce):
		code, detail = uint64(uint16(ce.Code)), ce.Detail
	case errors.Is(err, wire.ErrMalformed):
		code = uint64(wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	}
	var re *RetryError
	if errors.As(err, &re) {
		code |= uint64(min(max(re.After, 0), maxRetryAfter).Milliseconds()) << causeCodeBits
	}
	return code, clean(detail)
}

// decodeCause is the error that a peer's close means.
func decodeCause(n uint64, detail string) error {
	err := fmt.Errorf("%w by peer", ErrClosed)
	if c := wirepb.ErrorCode(n & (1<<causeCodeBits - 1)); c != 0 {
		err = &wire.CodeError{Code: c, Detail: clean(detail)}
	}
	if ms := n >> causeCodeBits; ms > 0 {
		after := min(time.Duration(min(ms, uint64(maxRetryAfter.Milliseconds())))*time.Millisecond, maxRetryAfter)
		err = &RetryError{After: after, Err: err}
	}
	return err
}

// clean cuts a detail to its limit and drops what does not print.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s[:min(len(s), maxCauseDetail)])
	return s
}
