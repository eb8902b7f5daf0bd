package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

func testSummary() *wirepb.SessionSummary {
	return &wirepb.SessionSummary{
		Seq: 1, Session: bytes.Repeat([]byte{1}, SessionIDSize), GrantHash: bytes.Repeat([]byte{4}, sha256.Size),
		ConsentAtUnixMs: grantTime.UnixMilli(), EndedAtUnixMs: grantTime.Add(time.Minute).UnixMilli(),
		By: wirepb.EndedBy_ENDED_BY_CUSTOMER, Updates: 100, UpdateBytes: 1 << 20, InputInjected: 20,
		InputViewOnly: 2, InputPromptOpen: 1, Viewers: 2,
		AtEnd: wirepb.AtEnd_AT_END_LOCK, AtEndCode: wirepb.ErrorCode_ERROR_CODE_AT_END_UNCONFIRMED,
	}
}

func TestSummariesAreAChainOfTheDevice(t *testing.T) {
	key := testKey(9)
	public := key.Public().(ed25519.PublicKey)
	var last []byte
	for seq := range uint64(3) {
		s := testSummary()
		s.Seq = seq + 1
		if seq > 0 {
			h := sha256.Sum256(last)
			s.Previous = h[:]
		}
		b, message, err := SummaryMessage(s)
		if err != nil {
			t.Fatal(err)
		}
		sig := ed25519.Sign(key, message)
		got, err := VerifySummary(public, b, sig)
		if err != nil {
			t.Fatal(err)
		}
		if err := Follows(got, seq, last); err != nil {
			t.Fatal(err)
		}
		if err := Follows(got, seq+1, last); !errors.Is(err, ErrSummaryChain) {
			t.Errorf("a gap: %v", err)
		}
		if seq > 0 {
			if err := Follows(got, seq, append(bytes.Clone(last), 0)); !errors.Is(err, ErrSummaryChain) {
				t.Errorf("another before: %v", err)
			}
		}
		if _, err := VerifySummary(testKey(7).Public().(ed25519.PublicKey), b, sig); !errors.Is(err, ErrSignature) {
			t.Errorf("another key: %v", err)
		}
		last = b
	}
	for name, spoil := range map[string]func(*wirepb.SessionSummary){
		"number":   func(s *wirepb.SessionSummary) { s.Seq = 0 },
		"previous": func(s *wirepb.SessionSummary) { s.Previous = make([]byte, 32) },
		"chain":    func(s *wirepb.SessionSummary) { s.Seq = 2 },
		"session":  func(s *wirepb.SessionSummary) { s.Session = nil },
		"grant":    func(s *wirepb.SessionSummary) { s.GrantHash = nil },
		"end":      func(s *wirepb.SessionSummary) { s.EndedAtUnixMs = 0 },
	} {
		s := testSummary()
		spoil(s)
		if _, _, err := SummaryMessage(s); !errors.Is(err, ErrSummaryContent) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
