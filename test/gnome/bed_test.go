//go:build linux

package gnome

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/agent/helper"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/portal/gnometest"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/tray/prompt/prompttest"
)

// patience bounds every wait for something that has to come.
const patience = time.Minute

// bed is a real tray and a real helper at a real desktop; the test plays the service
// between them.
type bed struct {
	*gnometest.Desktop
	t            testing.TB
	person       *gnometest.Person
	eyes         *gnometest.Eyes
	tray, helper *ipc.Conn
	fromTray     chan *ipcpb.FromTray
	looked       chan *ipcpb.Looked
	serial       atomic.Uint32
	placed       atomic.Pointer[ipcpb.BannerPlaced]
}

func start(t testing.TB, o gnometest.Options, scales ...float64) *bed {
	t.Helper()
	b := &bed{Desktop: gnometest.Start(t, o), t: t, fromTray: make(chan *ipcpb.FromTray, 100), looked: make(chan *ipcpb.Looked, 100)}
	if len(scales) > 0 {
		t.Logf("scales %v", b.Scale(scales...))
	}
	b.person = b.NewPerson()
	b.eyes = b.Watch("Meta-0")
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	b.tray = b.run(func(ctx context.Context, c *ipc.Conn) error {
		return tray.Run(ctx, c, tray.Options{NoIcon: true, Prompter: prompttest.NewScript(), Log: log.With("role", "tray")})
	})
	b.helper = b.run(func(ctx context.Context, c *ipc.Conn) error {
		return helper.Run(ctx, c, helper.Options{Log: log.With("role", "helper"), PortalToken: filepath.Join(t.TempDir(), "token")})
	})
	go b.passTray()
	go b.passHelper()
	return b
}

// run runs a role over pipes until the test ends.
func (b *bed) run(role func(context.Context, *ipc.Conn) error) *ipc.Conn {
	b.t.Helper()
	ours, theirs, err := ipc.Pipes()
	if err != nil {
		b.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- role(context.Background(), ipc.New(theirs[0], theirs[1])) }()
	b.t.Cleanup(func() {
		_ = ours.Close()
		if err := <-done; err != nil {
			b.t.Errorf("a role ended with %v", err)
		}
	})
	return ours
}

// passTray passes on what the tray draws.
func (b *bed) passTray() {
	for {
		m := &ipcpb.FromTray{}
		if _, _, err := b.tray.Receive(m); err != nil {
			return
		}
		if p := m.GetBannerPlaced(); p != nil {
			b.placed.Store(p)
			_ = b.helper.Send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Look{Look: &ipcpb.Look{Serial: b.serial.Add(1), Banner: p}}})
			continue
		}
		b.fromTray <- m
	}
}

func (b *bed) passHelper() {
	for {
		m := &ipcpb.FromHelper{}
		_, media, err := b.helper.Receive(m)
		if err != nil {
			return
		}
		if media != nil {
			b.t.Error("a frame of the helper's, to which no viewer looks")
		}
		if l := m.GetLooked(); l != nil {
			b.looked <- l
		}
	}
}

func (b *bed) banner(control bool) {
	b.t.Helper()
	err := b.tray.Send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Banner{Banner: &ipcpb.Banner{
		Session: []byte("session"), RepName: "Anna Nováková", Organisation: "Contoso IT", Control: control,
	}}})
	if err != nil {
		b.t.Fatal(err)
	}
}

// share is the person's Yes to the desktop, for all of its monitors.
func (b *bed) share() {
	b.t.Helper()
	b.person.Share(b.eyes)
}

// seen waits until the helper says so of the banner that is drawn now.
func (b *bed) seen(want bool) {
	b.t.Helper()
	late := time.After(patience)
	for {
		select {
		case l := <-b.looked:
			b.t.Logf("looked: %v", l)
			if l.Seen == want && (!want || l.Serial == b.serial.Load()) {
				return
			}
		case <-late:
			b.shot("late")
			b.t.Fatalf("the helper never said that the banner is seen: %v", want)
		}
	}
}

// shot keeps a picture of the first monitor where the environment wants it.
func (b *bed) shot(name string) *image.RGBA {
	b.t.Helper()
	img := b.eyes.Look()
	if dir := os.Getenv("ALONGSIDE_SHOTS"); dir != "" {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%s-%s.png", filepath.Base(b.t.Name()), name)))
		if err == nil {
			err = png.Encode(f, img)
			_ = f.Close()
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	return img
}
