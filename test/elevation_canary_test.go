//go:build linux

package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// typesCredentials fills the open form and sends it; without a name, the one that stands
// there stays.
func (w *plainUser) typesCredentials(who, password string) {
	w.t.Helper()
	w.must(w.console.Wait(`input[name="elevate-password"]:enabled`))
	if who != "" {
		w.must(w.console.Fill(`input[name="elevate-user"]`, who))
	}
	w.must(w.console.Fill(`input[name="elevate-password"]`, password))
	w.must(w.console.Click(`[data-testid="elevate-go"]`))
}

// notInMemory looks through what a process may write to, where a text that it has to have,
// if there is one, shows that it is looked at.
func (w *plainUser) notInMemory(pid int, has string, secrets ...string) {
	w.t.Helper()
	texts := secrets
	if has != "" {
		texts = append([]string{has}, secrets...)
	}
	found, err := bed.Memory(pid, texts...)
	if errors.Is(err, os.ErrNotExist) {
		return // it has ended since it was listed
	}
	w.must(err)
	argv, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if has != "" && !slices.Contains(found, has) {
		w.t.Errorf("%q does not hold %q: it was not looked at", argv, has)
	}
	for _, text := range found {
		if text != has {
			w.t.Errorf("the memory of %q holds %q", argv, text)
		}
	}
}

// sends sends a text over the loopback interface.
func sends(ctx context.Context, text string) error {
	c, err := new(net.Dialer).DialContext(ctx, "udp", "127.0.0.1:9")
	if err != nil {
		return err
	}
	_, err = c.Write([]byte(text))
	return errors.Join(err, c.Close())
}

// TestD14_ACredentialTypedInTheBrowserIsNowhere: a rep types an administrator's name and
// passwords, a wrong one and the right one, into the console's form in a recorded session.
// No packet, no file, argument or environment, nothing in the decrypted recording and
// nothing in the memory of the broker or of any process of the endpoint (what a core dump
// would hold) has either password afterwards.
func TestD14_ACredentialTypedInTheBrowserIsNowhere(t *testing.T) {
	const sent = "canary-7f3a-sent" // shows that the wire is heard
	secrets := []string{adminPassword, wrongPassword}
	w := newPlainUser(t)
	w.again(map[string]string{"recording": "required"})
	wire, err := bed.Listen(append(secrets, sent)...)
	w.must(err)
	defer func() { w.must(wire.Close()) }()
	w.browse()
	w.must(w.console.Click(`[data-testid="menu-special"]`))
	w.must(w.console.Click(`[data-testid="elevate"]`))
	w.must(w.console.Wait(`[data-testid="elevate-masked"]`))
	w.must(w.console.Click(`[data-testid="elevate-specific"]`))
	w.typesCredentials("boss", wrongPassword)
	w.must(w.desktop.Answer(w.ctx, true))
	if got := w.tried(1, wirepb.ElevationState_ELEVATION_STATE_REFUSED); got.Code != wirepb.ErrorCode_ERROR_CODE_BAD_CREDENTIALS {
		t.Errorf("the wrong password came to %v", got)
	}
	w.typesCredentials("", adminPassword)
	w.must(w.desktop.Answer(w.ctx, true))
	w.tried(2, wirepb.ElevationState_ELEVATION_STATE_DONE)
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))

	w.nowhere(secrets...)
	w.notInMemory(w.broker.PID(), w.session.Id, secrets...)
	for _, pid := range w.agent.Tree() {
		w.notInMemory(pid, "", secrets...)
	}
	w.recorded(w.session.Id)
	_, err = w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: w.session.Id}))
	w.must(err)
	o := w.rep.Office(w.broker)
	r, err := o.Recording(w.ctx, w.session.Id)
	w.must(err)
	updates := 0
	w.must(o.Play(w.ctx, r, func(*viewer.Canvas, uint32) { updates++ }))
	for _, s := range r.Segments {
		content, err := o.Segment(w.ctx, r.Recording.Id, s.Index)
		w.must(err)
		for _, secret := range secrets {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("segment %d holds %q", s.Index, secret)
			}
		}
	}
	if updates == 0 {
		t.Error("nothing was recorded")
	}
	w.over()
	w.nowhere(secrets...)
	w.must(sends(w.ctx, sent))
	w.must(wire.Heard(w.ctx, sent))
	for _, secret := range secrets {
		if n := wire.Count(secret); n > 0 {
			t.Errorf("%q is in %d packets", secret, n)
		}
	}
}
