//go:build !linux

package tray

import (
	"context"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// hotKey: there is none on this system yet.
func hotKey(string) string { return "" }

// indicate has no banner on this system yet, and says so: nothing may be shown
// to a rep without one.
func (c *core) indicate(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case beat := <-c.beats:
			beat()
		case n := <-c.wanted:
			if n == nil {
				continue
			}
			select {
			case c.signs <- sign{kind: signLost, session: n.session, detail: "this system has no banner", reason: wirepb.Reason_REASON_INDICATOR_MISSING}:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
}
