package wire

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// ReceiptMessage serialises a person's answer to the grant, whose hash it sets,
// and returns beside it what the device key signs. The key itself stays with its
// holder.
func ReceiptMessage(grant []byte, r *wirepb.ConsentReceipt) (receipt, message []byte, err error) {
	h := sha256.Sum256(grant)
	r.GrantHash = h[:]
	receipt, err = proto.MarshalOptions{Deterministic: true}.Marshal(r)
	if err != nil {
		return nil, nil, fmt.Errorf("encode receipt: %w", err)
	}
	return receipt, signed(consentDomain, receipt), nil
}

// VerifyReceipt checks that receipt was signed by the device key and answers
// exactly this grant, with no more permissions than it gave.
func VerifyReceipt(key ed25519.PublicKey, grant, receipt, sig []byte) (*wirepb.ConsentReceipt, error) {
	r, g := new(wirepb.ConsentReceipt), new(wirepb.SessionGrant)
	if err := verify(key, consentDomain, receipt, sig, r); err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	if err := proto.Unmarshal(grant, g); err != nil {
		return nil, fmt.Errorf("grant: %w: %w", ErrMalformed, err)
	}
	if h := sha256.Sum256(grant); string(h[:]) != string(r.GrantHash) {
		return nil, ErrReceiptForged
	}
	if string(r.Session) != string(g.Session) {
		return nil, fmt.Errorf("receipt: %w", ErrWrongSession)
	}
	for _, p := range r.Permissions {
		if !slices.Contains(g.Permissions, p) {
			return nil, fmt.Errorf("%w: permission %s was not asked for", ErrReceiptForged, p)
		}
	}
	if err := goodAnswer(r, g); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReceiptForged, err)
	}
	return r, nil
}

// goodAnswer checks that a Yes came about in a way that the grant allows, and
// holds no longer than it says.
func goodAnswer(r *wirepb.ConsentReceipt, g *wirepb.SessionGrant) error {
	const notify = wirepb.ConsentRule_CONSENT_RULE_NOTIFY
	if !r.Yes {
		return nil
	}
	switch {
	case r.Rule == notify && g.Consent != notify && g.ConsentAbsent != notify:
		return errors.New("a person had to be asked")
	case r.ByTimeout && g.OnTimeout != wirepb.TimeoutAnswer_TIMEOUT_ANSWER_ALLOW:
		return errors.New("silence is no Yes here")
	case g.ConsentValidS > 0 && (r.ValidUntilUnixMs == 0 || r.ValidUntilUnixMs > r.AtUnixMs+int64(g.ConsentValidS)*1000):
		return errors.New("it holds longer than was asked for")
	}
	return nil
}
