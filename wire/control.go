package wire

import (
	"encoding/binary"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"
)

// AppendControl appends m as one control message: a big-endian u32 length, then
// protobuf. A message over MaxControl is our own bug and an error.
func AppendControl(dst []byte, m proto.Message) ([]byte, error) {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst, err := proto.MarshalOptions{}.MarshalAppend(dst, m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	n := len(dst) - at - 4
	if n > MaxControl {
		return nil, fmt.Errorf("encode %s: %d bytes, the limit is %d", m.ProtoReflect().Descriptor().Name(), n, MaxControl)
	}
	binary.BigEndian.PutUint32(dst[at:], uint32(n))
	return dst, nil
}

// WriteControl writes m as one control message with a single Write.
func WriteControl(w io.Writer, m proto.Message) error {
	b, err := AppendControl(nil, m)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// ReadControl reads one control message into m. io.EOF means the stream ended
// between messages; unknown fields are kept and ignored.
func ReadControl(r io.Reader, m proto.Message) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > MaxControl {
		return fmt.Errorf("%w: control message of %d bytes", ErrMalformed, n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if err := proto.Unmarshal(b, m); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrMalformed, m.ProtoReflect().Descriptor().Name(), err)
	}
	return nil
}
