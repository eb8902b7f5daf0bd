package transport

import "context"

// OpenRaw opens a stream whose first bytes are the caller's.
func (l *quicLink) OpenRaw(ctx context.Context, first []byte) (Stream, error) {
	s, err := l.conn.OpenStreamSync(ctx)
	if err != nil {
		return nil, err
	}
	_, err = s.Write(first)
	return &quicStream{s: s, l: l}, err
}

// OpenRaw opens a stream whose first bytes are the caller's.
func (l *muxLink) OpenRaw(ctx context.Context, first []byte) (Stream, error) {
	l.places <- struct{}{}
	ys, err := l.sess.OpenStream()
	if err != nil {
		return nil, err
	}
	s := l.register(ys, true)
	_, err = s.Write(first)
	return s, err
}
