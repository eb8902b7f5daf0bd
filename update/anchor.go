package update

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
)

// rootName is the file of the root that an endpoint was told the hash of.
const rootName = "root.json"

// anchor is the root of a hash: the one that is kept, or else the mirror's.
func (p Place) anchor(ctx context.Context, m Mirror, hash [sha256.Size]byte) ([]byte, error) {
	var kept []byte
	if err := load(p.path(rootName), 2*MaxRoot, &kept); err == nil && sha256.Sum256(kept) == hash {
		return kept, nil
	}
	for v := range MaxRotations {
		b, err := read(ctx, m, strconv.Itoa(v+1)+".root.json", MaxRoot)
		if errors.Is(err, ErrAbsent) {
			break
		}
		if err != nil {
			return nil, err
		}
		if sha256.Sum256(b) == hash {
			return b, save(p.path(rootName), b)
		}
	}
	return nil, fmt.Errorf("%w: the mirror has no root of the hash %x", ErrRefused, hash)
}
