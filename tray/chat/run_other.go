//go:build !linux

package chat

import (
	"context"
	"errors"
)

// Run has no window on this system yet, and says so.
func Run(ctx context.Context, _ Options, states <-chan *State, signs chan<- Sign) error {
	for {
		select {
		case s := <-states:
			if !s.Open {
				continue
			}
			select {
			case signs <- Sign{Kind: Lost, Err: errors.ErrUnsupported}:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
