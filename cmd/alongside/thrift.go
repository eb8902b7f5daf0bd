package main

import (
	"context"
	"sync"
	"time"
)

// What a program has touched of its own code and constants stays in its memory:
// what starting took, what opening a session took, and with each page fifteen
// neighbours. An endpoint's three processes would hold the same 15 MiB each, though
// what they need from then on is a few. They are given back; what is needed again
// is still in the system's page cache.
const (
	// spareProgram is how many bytes of the program's file may stay.
	spareProgram = 6 << 20
	// firstThrift is how soon it is looked at after the start and after something
	// new began; then ever more rarely, to lastThrift: what comes back each time is
	// needed, and taking it away costs more than it frees.
	firstThrift = time.Second
	lastThrift  = 32 * time.Second
)

// thrifty gives back pages of the program, now and from time to time, until stop is
// called, which waits for the end of that. Where it cannot, it does nothing.
func thrifty(ctx context.Context) (stop func()) {
	p, err := openPages()
	if err != nil {
		return func() {}
	}
	p.giveBack() // what the start took
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { p.thrift(ctx) })
	return func() {
		cancel()
		running.Wait()
		p.close()
	}
}

func (p *pages) thrift(ctx context.Context) {
	wait, gave := firstThrift, true
	t := time.NewTimer(wait)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		before := gave
		if gave = p.resident() > spareProgram; gave {
			p.giveBack()
		}
		if wait = min(2*wait, lastThrift); gave && !before {
			wait = firstThrift
		}
		t.Reset(wait)
	}
}
