package audit

import (
	"fmt"

	"google.golang.org/protobuf/proto"
)

// Evidence is a peer's signed statement as a record keeps it. The same statement always
// gives the same bytes.
func Evidence(m proto.Message) ([]byte, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode evidence: %w", err)
	}
	return b, nil
}
