package transport

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// attempt is one way to reach the broker. It starts after its delay, or as soon
// as all that run before it have failed.
type attempt struct {
	name  string
	after time.Duration
	dial  func(context.Context) (Link, error)
}

type outcome struct {
	link Link
	err  error
}

// race runs attempts, sorted by delay, until one has a link. The others are
// cancelled, and a link that came too late is closed. A broker with the wrong
// key ends the race at once, whatever the other attempts would have found.
func race(ctx context.Context, attempts []attempt) (Link, error) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	results := make(chan outcome, len(attempts))
	defer func() {
		cancel()
		running.Wait()
		close(results)
		for o := range results {
			if o.err == nil {
				o.link.Close(nil)
			}
		}
	}()

	begin := time.Now()
	next, open := 0, 0
	start := func() {
		a := attempts[next]
		next++
		open++
		running.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, dialTimeout)
			defer cancel()
			l, err := a.dial(ctx)
			if err != nil {
				err = fmt.Errorf("%s: %w", a.name, err)
			}
			results <- outcome{l, err}
		})
	}
	start()
	var failed []error
	for {
		var delay <-chan time.Time
		if next < len(attempts) {
			t := time.NewTimer(attempts[next].after - time.Since(begin))
			defer t.Stop()
			delay = t.C
		}
		select {
		case <-delay:
			start()
		case o := <-results:
			open--
			if o.err == nil {
				return o.link, nil
			}
			failed = append(failed, o.err)
			switch {
			case errors.Is(o.err, ErrPinMismatch):
				return nil, o.err
			case next < len(attempts) && open == 0:
				start()
			case open == 0:
				return nil, fmt.Errorf("%w: %w", ErrUnreachable, errors.Join(failed...))
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
