package wire

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Errors of VerifySummary and Follows.
var (
	ErrSummaryContent = errors.New("summary has no sense")
	ErrSummaryChain   = errors.New("summary does not follow the one before") // some are missing or were changed
)

// SummaryMessage serialises the endpoint's account of a session and returns
// beside it what the device key signs. The key itself stays with its holder.
func SummaryMessage(s *wirepb.SessionSummary) (summary, message []byte, err error) {
	if err := checkSummary(s); err != nil {
		return nil, nil, err
	}
	summary, err = proto.MarshalOptions{Deterministic: true}.Marshal(s)
	if err != nil {
		return nil, nil, fmt.Errorf("encode summary: %w", err)
	}
	return summary, signed(summaryDomain, summary), nil
}

// VerifySummary checks that summary was signed by the device key.
func VerifySummary(key ed25519.PublicKey, summary, sig []byte) (*wirepb.SessionSummary, error) {
	s := new(wirepb.SessionSummary)
	if err := verify(key, summaryDomain, summary, sig, s); err != nil {
		return nil, fmt.Errorf("summary: %w", err)
	}
	if err := checkSummary(s); err != nil {
		return nil, err
	}
	return s, nil
}

// Follows checks that s is the next link of the chain after the serialised
// summary last, whose number is seq; without one, that it is the first.
func Follows(s *wirepb.SessionSummary, seq uint64, last []byte) error {
	if s.Seq != seq+1 {
		return fmt.Errorf("%w: number %d after %d", ErrSummaryChain, s.Seq, seq)
	}
	if seq == 0 {
		return nil
	}
	if h := sha256.Sum256(last); string(h[:]) != string(s.Previous) {
		return fmt.Errorf("%w: number %d was made after another", ErrSummaryChain, s.Seq)
	}
	return nil
}

func checkSummary(s *wirepb.SessionSummary) error {
	what := ""
	switch {
	case s.Seq == 0:
		what = "number"
	case s.Seq == 1 && len(s.Previous) != 0, s.Seq > 1 && len(s.Previous) != sha256.Size:
		what = "the one before"
	case len(s.Session) != SessionIDSize:
		what = "session"
	case len(s.GrantHash) != sha256.Size:
		what = "grant"
	case s.EndedAtUnixMs <= 0:
		what = "end"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrSummaryContent, what)
}
