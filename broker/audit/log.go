package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/alongside-remote/alongside/broker/store"
)

// Log appends to the audit log. Its methods may be called from any goroutine.
type Log struct {
	store  *store.Store
	notify func(store.Record)
	queue  chan *entry
	stop   chan struct{} // closed by Close
	ended  chan struct{} // closed by the writer
	once   sync.Once
}

type entry struct {
	record store.Record
	with   []func(*store.Tx) error
	err    error
	done   chan struct{}
}

// Open starts the log's writer. notify is called with every record that was
// committed, in order; it must not block.
func Open(s *store.Store, notify func(store.Record)) *Log {
	l := &Log{store: s, notify: notify, queue: make(chan *entry, maxBatch), stop: make(chan struct{}), ended: make(chan struct{})}
	go l.run()
	return l
}

// Append commits a record together with the writes that belong to it and returns
// the record as it stands in the log. On any error nothing was written: an error
// of with is returned as it is, every other is an ErrUnavailable. A context that
// ends while the record waits does not take it back: the answer is waited for,
// because the caller must know whether it stands.
func (l *Log) Append(ctx context.Context, r store.Record, with ...func(*store.Tx) error) (store.Record, error) {
	e := &entry{record: r, with: with, done: make(chan struct{})}
	select {
	case <-l.stop:
		return r, fmt.Errorf("%w: closed", ErrUnavailable)
	default:
	}
	select {
	case l.queue <- e:
	case <-l.stop:
		return r, fmt.Errorf("%w: closed", ErrUnavailable)
	case <-ctx.Done():
		return r, fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
	}
	select {
	case <-e.done:
		return e.record, e.err
	case <-l.ended:
		// The writer is gone; what it did not take up was not written.
		select {
		case <-e.done:
			return e.record, e.err
		default:
			return r, fmt.Errorf("%w: closed", ErrUnavailable)
		}
	}
}

// Close ends the writer after what it is writing.
func (l *Log) Close() {
	l.once.Do(func() { close(l.stop) })
	<-l.ended
}

func (l *Log) run() {
	defer close(l.ended)
	for {
		var batch []*entry
		select {
		case e := <-l.queue:
			batch = append(batch, e)
		case <-l.stop:
			// What was taken into the queue before is still written.
			select {
			case e := <-l.queue:
				batch = append(batch, e)
			default:
				return
			}
		}
	fill:
		for len(batch) < maxBatch {
			select {
			case e := <-l.queue:
				batch = append(batch, e)
			default:
				break fill
			}
		}
		l.commit(batch)
	}
}

// commit writes a batch in one transaction. An entry whose own writes fail is
// left out; a transaction that fails fails them all.
func (l *Log) commit(batch []*entry) {
	// Not a caller's context: one caller giving up must not fail the others.
	err := l.store.Update(context.Background(), func(tx *store.Tx) error {
		for _, e := range batch {
			failed, fatal := tx.Try(func(tx *store.Tx) error {
				for _, f := range e.with {
					if err := f(tx); err != nil {
						return err
					}
				}
				if err := Add(tx, &e.record); err != nil {
					return fmt.Errorf("%w: %w", ErrUnavailable, err)
				}
				return nil
			})
			if fatal != nil {
				return errors.Join(failed, fatal)
			}
			e.err = failed
		}
		return nil
	})
	for _, e := range batch {
		if err != nil {
			e.err = fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		if e.err == nil {
			l.notify(e.record)
		}
		close(e.done)
	}
}
