//go:build linux

package test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/tray/chat"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// invited is a customer with a download for one session of a broker that a test
// plays.
type invited struct {
	*world
	b       *impostor
	session wire.SessionID
	bundle  *transport.Bundle
	content []byte   // of the bundle
	before  []string // of the files, before the download
	client  *bed.Adhoc
}

func newInvited(t *testing.T) *invited {
	t.Helper()
	w := newWorld(t, setup{noAgent: true, noBroker: true})
	i := &invited{world: w, b: newImpostor(w.ctx, t)}
	_, _ = rand.Read(i.session[:])
	i.bundle = &transport.Bundle{
		Broker: i.b.server.Addr().String(), Pins: []transport.Pin{i.b.id.Pin()}, Organisation: "Example & Söhne",
		Token: "token", Expires: time.Now().Add(time.Hour), Adhoc: transport.AdhocFor(i.session),
	}
	var err error
	i.content, err = i.bundle.Sign(i.b.id)
	w.must(err)
	i.before, err = w.desktop.Tree()
	w.must(err)
	i.client, err = w.desktop.Download(filepath.Join(programs, "alongside"), i.bundle.Adhoc.FileName(), i.content)
	w.must(err)
	return i
}

// agrees starts the client and connects it.
func (i *invited) agrees() {
	i.t.Helper()
	i.must(i.client.Start())
	i.must(i.desktop.AnswerTo(i.ctx, tray.AdhocTitle, true))
	i.b.ready()
}

// offer offers the session of the bundle.
func (i *invited) offer() {
	i.b.offer(i.b.grantKey, func(g *wirepb.SessionGrant) { g.Session, g.RepName = i.session[:], "Ada" })
}

// gone waits for the end of the client and checks that nothing is left.
func (i *invited) gone() {
	i.t.Helper()
	select {
	case <-i.client.Done():
	case <-i.ctx.Done():
		i.t.Fatal("the client does not end")
	}
	if err := i.client.Err(); err != nil {
		i.t.Errorf("the client ended with %v", err)
	}
	i.must(os.Remove(filepath.Dir(i.client.Program))) // made by the download, and empty
	after, err := i.desktop.Tree()
	i.must(err)
	if d := cmp.Diff(i.before, after); d != "" {
		i.t.Errorf("files before and after: %s", d)
	}
	i.must(bed.Until(i.ctx, "no process to be left", func() (bool, error) {
		left := i.client.Running()
		return len(left) == 0, fmt.Errorf("%q", left)
	}))
}

// farewell waits for the last window and closes it.
func (i *invited) farewell() {
	i.t.Helper()
	i.must(i.desktop.Type(i.ctx, "Support session ended"))
}

// kept confirms the summary of the session.
func (i *invited) kept() {
	s := i.b.summary()
	i.b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_SummaryKept{SummaryKept: &wirepb.SummaryKept{Seq: s.Seq}}})
}

// TestL11_C7_K_TheClientOfOneSessionLeavesNothing: it asks before anything is sent
// and says who is at the other end; takes up what was said in the browser; and at
// the session's end takes itself away.
func TestL11_C7_K_TheClientOfOneSessionLeavesNothing(t *testing.T) {
	t.Parallel()
	i := newInvited(t)
	i.must(i.client.Start())
	_, err := i.desktop.Window(i.ctx, tray.AdhocTitle)
	i.must(err)
	asked, err := i.client.Asked()
	i.must(err)
	if !strings.Contains(asked, "https://"+i.b.server.Addr().String()) || !strings.Contains(asked, "Example & Söhne") {
		t.Errorf("the person reads %q", asked)
	}
	if n := i.b.links.Load(); n > 0 {
		t.Errorf("%d links before the person said yes", n)
	}
	i.must(i.desktop.AnswerTo(i.ctx, tray.AdhocTitle, true))
	i.b.ready()
	i.offer()
	i.must(i.desktop.Answer(i.ctx, true))
	if a := i.b.answer(); a.Code != 0 {
		t.Fatalf("consent: %v", a)
	}
	_, err = i.desktop.Window(i.ctx, bed.BannerTitle)
	i.must(err)
	i.b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ChatHistory{ChatHistory: &wirepb.ChatHistory{Session: i.session[:], Said: []*wirepb.Chat{
		{Seq: 1, From: "Ann", FromCustomer: true, Text: "it is on fire", AtUnixMs: 1000},
		{Seq: 2, From: "Ada", Text: "which one?", AtUnixMs: 2000},
	}}}})
	_, err = i.desktop.Window(i.ctx, chat.Title)
	i.must(err)
	i.must(i.desktop.Done(i.ctx))
	i.kept()
	i.farewell()
	i.gone()
}

func TestL11_TheRepsEndTakesTheClientAway(t *testing.T) {
	t.Parallel()
	i := newInvited(t)
	i.agrees()
	i.offer()
	i.must(i.desktop.Answer(i.ctx, true))
	i.b.answer()
	_, err := i.desktop.Window(i.ctx, bed.BannerTitle)
	i.must(err)
	i.b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: i.session[:], By: wirepb.EndedBy_ENDED_BY_REP}}})
	i.kept()
	i.farewell()
	i.gone()
}

// A session that ended while the client was being downloaded, and a client that is
// stopped by hand.
func TestL11_AClientWithoutASessionGoes(t *testing.T) {
	t.Parallel()
	t.Run("Over", func(t *testing.T) {
		i := newInvited(t)
		i.agrees()
		i.b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{
			Session: i.session[:], By: wirepb.EndedBy_ENDED_BY_BROKER, Code: wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN,
		}}})
		i.farewell()
		i.gone()
	})
	t.Run("Stopped", func(t *testing.T) {
		i := newInvited(t)
		i.agrees()
		i.client.Stop()
		i.gone()
	})
}

// TestK_AClientThatIsNotGoodConnectsNowhere: the person reads why; what was
// downloaded stays as it is.
func TestK_AClientThatIsNotGoodConnectsNowhere(t *testing.T) {
	t.Parallel()
	i := newInvited(t)
	other := newImpostor(i.ctx, t)
	name := i.bundle.Adhoc.FileName()
	expired := *i.bundle
	expired.Expires = time.Now().Add(-time.Minute)
	late, err := expired.Sign(i.b.id)
	i.must(err)
	changed := bytes.Clone(i.content)
	changed[len(changed)/2] ^= 1
	for _, tc := range []struct {
		what, name string
		content    []byte
	}{
		{"changed", name, changed},
		{"expired", name, late},
		{"renamed", "support-000000000000" + transport.BundleSuffix, i.content},
		{"of another broker", name, bytes.ReplaceAll(i.content, []byte(i.b.server.Addr().String()), []byte(other.server.Addr().String()))},
	} {
		i.must(os.Remove(i.client.Bundle))
		i.client.Bundle = filepath.Join(filepath.Dir(i.client.Bundle), tc.name)
		i.must(os.WriteFile(i.client.Bundle, tc.content, 0o600))
		before, err := i.desktop.Tree()
		i.must(err)
		i.must(i.client.Start())
		i.must(i.desktop.Type(i.ctx, "Remote support cannot start"))
		<-i.client.Done()
		if i.client.Err() == nil {
			t.Errorf("%s: no error", tc.what)
		}
		after, err := i.desktop.Tree()
		i.must(err)
		if d := cmp.Diff(before, after); d != "" {
			t.Errorf("%s: files before and after: %s", tc.what, d)
		}
	}
	if n := i.b.links.Load() + other.links.Load(); n > 0 {
		t.Errorf("%d links", n)
	}
}

// TestK_ANoConnectsNowhere: and what was downloaded can be started again.
func TestK_ANoConnectsNowhere(t *testing.T) {
	t.Parallel()
	i := newInvited(t)
	i.must(i.client.Start())
	i.must(i.desktop.AnswerTo(i.ctx, tray.AdhocTitle, false))
	<-i.client.Done()
	if err := i.client.Err(); err != nil {
		t.Error(err)
	}
	if n := i.b.links.Load(); n > 0 {
		t.Errorf("%d links", n)
	}
	for _, f := range []string{i.client.Program, i.client.Bundle} {
		if _, err := os.Stat(f); err != nil {
			t.Error(err)
		}
	}
	if state, err := filepath.Glob(filepath.Join(i.desktop.Dir, "*", "alongside-adhoc-*")); err != nil || len(state) > 0 {
		t.Errorf("left: %q, %v", state, err)
	}
}
