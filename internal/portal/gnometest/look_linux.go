package gnometest

import (
	"image"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/alongside-remote/alongside/internal/pipewire"
	"github.com/alongside-remote/alongside/internal/pixels"
)

const mutterCast = "org.gnome.Mutter.ScreenCast"

// Eyes see a monitor by the compositor's own means, for which nobody is asked.
type Eyes struct {
	t      testing.TB
	stream *pipewire.Stream
	news   chan struct{}
}

// Watch has somebody look at a monitor until the test ends. The compositor names it by
// its number: Meta-0.
func (d *Desktop) Watch(monitor string) *Eyes {
	d.t.Helper()
	must := func(err error) {
		d.t.Helper()
		if err != nil {
			d.t.Fatal(err)
		}
	}
	bus, err := dbus.Connect(d.address)
	must(err)
	d.t.Cleanup(func() { _ = bus.Close() })
	var session, stream dbus.ObjectPath
	none := map[string]dbus.Variant{}
	must(bus.Object(mutterCast, "/org/gnome/Mutter/ScreenCast").Call(mutterCast+".CreateSession", 0, none).Store(&session))
	must(bus.Object(mutterCast, session).Call(mutterCast+".Session.RecordMonitor", 0, monitor, none).Store(&stream))
	must(bus.AddMatchSignal(dbus.WithMatchInterface(mutterCast + ".Stream")))
	added := make(chan *dbus.Signal, 4)
	bus.Signal(added)
	must(bus.Object(mutterCast, session).Call(mutterCast+".Session.Start", 0).Err)
	var node uint32
	select {
	case s := <-added:
		must(dbus.Store(s.Body, &node))
	case <-time.After(patience):
		d.t.Fatal("the compositor gives no stream")
	}
	remote, err := d.pipewire.Connect()
	must(err)
	defer remote.Close()
	e := &Eyes{t: d.t, news: make(chan struct{}, 1)}
	e.stream, err = pipewire.Open(pipewire.Target{Remote: remote, Node: node, News: e.news})
	must(err)
	d.t.Cleanup(e.stream.Close)
	return e
}

// Until waits until what the monitor shows is as it should be. False: it never was.
func (e *Eyes) Until(is func(*image.RGBA) bool) bool {
	e.t.Helper()
	return e.within(patience, is)
}

func (e *Eyes) within(limit time.Duration, is func(*image.RGBA) bool) bool {
	late := time.NewTimer(limit)
	defer late.Stop()
	for {
		if img := e.picture(); img != nil && is(img) {
			return true
		}
		select {
		case <-e.news:
		case <-late.C:
			return false
		}
	}
}

// Look is what the monitor shows.
func (e *Eyes) Look() *image.RGBA {
	e.t.Helper()
	var img *image.RGBA
	if !e.Until(func(now *image.RGBA) bool { img = now; return true }) {
		e.t.Fatal("the monitor shows nothing")
	}
	return img
}

// picture is the newest, nil before the first.
func (e *Eyes) picture() (img *image.RGBA) {
	e.stream.Look(func(p *pipewire.Picture) {
		if p.Size == (image.Point{}) {
			return
		}
		img = image.NewRGBA(image.Rectangle{Max: p.Size})
		pixels.Swap(img.Pix, p.Pix[:len(img.Pix)], 255)
	})
	return img
}
