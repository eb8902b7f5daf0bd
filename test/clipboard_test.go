//go:build linux

package test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// board is what a viewer was told and given of the clipboard.
type board struct {
	mu    sync.Mutex
	texts []string
	last  *wirepb.ClipboardState
}

func (b *board) options() viewer.Options {
	return viewer.Options{
		OnClipboard:      func(text string) { b.mu.Lock(); defer b.mu.Unlock(); b.texts = append(b.texts, text) },
		OnClipboardState: func(s *wirepb.ClipboardState) { b.mu.Lock(); defer b.mu.Unlock(); b.last = s },
	}
}

func (w *world) until(what string, b *board, is func() bool) {
	w.t.Helper()
	w.must(bed.Until(w.ctx, what, func() (bool, error) { b.mu.Lock(); defer b.mu.Unlock(); return is(), nil }))
}

// copies is a program of the customer's that copies a text. It has when this returns.
func (w *world) copies(text string) {
	w.t.Helper()
	w.must(os.WriteFile(filepath.Join(w.desktop.Dir, "copied"), []byte(text), 0o600))
	w.must(w.desktop.Run("xclip -selection clipboard -in copied >/dev/null 2>&1"))
	w.must(bed.Until(w.ctx, "the text to be copied", func() (bool, error) {
		err := w.desktop.Run("xclip -selection clipboard -out > there || true")
		there, _ := os.ReadFile(filepath.Join(w.desktop.Dir, "there"))
		return string(there) == text, err
	}))
}

// TestX1_TextGoesBothWaysByPolicy: text goes to the customer's desktop and from it as the
// settings say, what was copied before the session stays there, a stricter setting takes
// its way from the session that runs, and the audit log has how much went, and not what.
func TestX1_TextGoesBothWaysByPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.copies("of before the session")
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.set(d.Id, map[string]string{"clipboard": "both"})
	s := w.begin(d.Id)
	b := new(board)
	v, err := w.rep.View(w.ctx, w.broker, s.Id, b.options())
	w.must(err)
	t.Cleanup(func() { _ = v.Close() })
	w.until("both ways", b, func() bool { return b.last.GetToEndpoint() && b.last.GetFromEndpoint() })
	w.must(v.Copy(false))
	w.until("nothing of before", b, func() bool { return b.last.Code == wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_EMPTY })
	w.must(v.Copy(true)) // is there when the text after it is: what is copied from then on is the next
	const secret = "Grüße vom Rep"
	seq, err := v.Paste(secret)
	w.must(err)
	w.until("the text to be there", b, func() bool { return b.last.Seq == seq })
	w.must(w.desktop.Run("xclip -selection clipboard -out > pasted"))
	if got, err := os.ReadFile(filepath.Join(w.desktop.Dir, "pasted")); err != nil || string(got) != secret {
		t.Errorf("the customer pastes %q, %v", got, err)
	}
	w.copies("copied by the customer")
	w.until("the customer's text", b, func() bool { return len(b.texts) == 1 })
	if b.texts[0] != "copied by the customer" {
		t.Errorf("the rep gets %q", b.texts[0])
	}

	w.set(d.Id, map[string]string{"clipboard": "in"})
	w.until("one way", b, func() bool { return b.last.ToEndpoint && !b.last.FromEndpoint })
	w.must(v.Copy(false))
	w.until("the refusal", b, func() bool { return b.last.Code == wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_REFUSED })
	r, err := w.rep.Office(w.broker).Record(w.ctx, s.Id, "clipboard_refused")
	w.must(err)
	if r.Action != "session.clipboard" || r.Detail != "direction=from_endpoint bytes=0" || r.Actor != "rep:"+s.RepId {
		t.Errorf("recorded as %v", r)
	}
	l, err := w.rep.Office(w.broker).Audit.ListAudit(w.ctx, connect.NewRequest(&apipb.ListAuditRequest{SessionId: s.Id}))
	w.must(err)
	var went []string
	for _, r := range l.Msg.Records {
		if r.Action == "session.clipboard" && r.Result == "ok" {
			went = append(went, r.Detail)
		}
		if strings.Contains(r.String(), secret) {
			t.Errorf("recorded as %v", r)
		}
	}
	slices.Sort(went)
	if want := []string{"direction=from_endpoint bytes=22", fmt.Sprintf("direction=to_endpoint bytes=%d", len(secret))}; !slices.Equal(went, want) {
		t.Errorf("recorded %q, want %q", went, want)
	}
	w.must(w.desktop.Done(w.ctx))
	if len(b.texts) != 1 {
		t.Errorf("the rep got %q", b.texts)
	}
}
