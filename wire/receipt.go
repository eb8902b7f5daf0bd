package wire

import (
	"crypto/sha256"
	"fmt"

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
