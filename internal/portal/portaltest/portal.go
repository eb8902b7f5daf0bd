package portaltest

import (
	"errors"
	"fmt"
	"image"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

const (
	name       = "org.freedesktop.portal.Desktop"
	path       = "/org/freedesktop/portal/desktop"
	screenCast = "org.freedesktop.portal.ScreenCast"
	remoteDesk = "org.freedesktop.portal.RemoteDesktop"
	request    = "org.freedesktop.portal.Request"
	session    = "org.freedesktop.portal.Session"
)

// Stream is a monitor that is shared.
type Stream struct {
	Node uint32
	ID   string
	At   image.Rectangle
}

// Options say what a portal has.
type Options struct {
	Version uint32 // of ScreenCast; 0: 5
	Cursors uint32 // 0: all
	Sources uint32 // 0: all
	Streams []Stream
	// Remote opens a connection to PipeWire.
	Remote func() (*os.File, error)
	// Ask leaves the person's window open until Answer. Without it they say yes.
	Ask bool

	RemoteDesktop uint32 // the version; 0: there is none
	DeviceTypes   uint32 // 0: all
	Withheld      uint32 // devices that the person does not give, also if asked for
	HidesScreen   bool   // with devices they share no screen
	NoDevices     bool   // none can be selected, whatever it says
	// Input is given each event that is put in, one at a time, before the call is
	// answered; an error is the answer. Nil: all are taken.
	Input func(Event) error
	// Twist changes what Start answers, for portals that lie.
	Twist func(results map[string]dbus.Variant)
}

// Portal is a portal that runs. Its fields may be read after the call that they tell
// of was answered.
type Portal struct {
	Options
	t    testing.TB
	conn *dbus.Conn

	mu       sync.Mutex
	change   chan struct{} // closed when something below changes
	windows  int           // that were opened, ever
	open     *window
	sessions map[dbus.ObjectPath]*played // those that are not closed
	selected map[string]dbus.Variant     // last, of sources
	devices  map[string]dbus.Variant     // last, of devices
	tokens   map[string]string           // that open without a window, by whose session it is
	given    int                         // tokens
	files    []*os.File                  // given away: their numbers are taken when the answer is sent

	input  sync.Mutex // an event at a time
	events []Event
}

// played is a session.
type played struct {
	face    string                  // whose it is
	sources map[string]dbus.Variant // nil: not selected
	devices map[string]dbus.Variant // nil: not selected
	granted uint32
	started bool
}

// window is the person's, while it is open.
type window struct {
	request, session dbus.ObjectPath
	of               *played
}

// Start runs a portal on the bus of the environment, until the test ends.
func Start(t testing.TB, o Options) *Portal {
	t.Helper()
	if o.Version == 0 {
		o.Version = 5
	}
	if o.Cursors == 0 {
		o.Cursors = 7
	}
	if o.Sources == 0 {
		o.Sources = 7
	}
	if o.DeviceTypes == 0 {
		o.DeviceTypes = 7
	}
	p := &Portal{Options: o, t: t, conn: connect(t), change: make(chan struct{}), sessions: map[dbus.ObjectPath]*played{}, tokens: map[string]string{}}
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, f := range p.files {
			_ = f.Close()
		}
	})
	props := prop.Map{screenCast: {
		"version": {Value: o.Version}, "AvailableSourceTypes": {Value: o.Sources}, "AvailableCursorModes": {Value: o.Cursors},
	}}
	if o.RemoteDesktop != 0 {
		props[remoteDesk] = map[string]*prop.Prop{"version": {Value: o.RemoteDesktop}, "AvailableDeviceTypes": {Value: o.DeviceTypes}}
	}
	_, err := prop.Export(p.conn, path, props)
	err = errors.Join(err, p.conn.ExportMethodTable(map[string]any{
		"CreateSession": p.creator(screenCast), "SelectSources": p.selectSources, "Start": p.starter(screenCast), "OpenPipeWireRemote": p.remote,
	}, path, screenCast))
	if o.RemoteDesktop != 0 {
		err = errors.Join(err, p.exportControl())
	}
	if err != nil {
		t.Fatal(err)
	}
	if r, err := p.conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("name of the portal: %v %v", r, err)
	}
	return p
}

// Crash takes the portal off the bus.
func (p *Portal) Crash() { _ = p.conn.Close() }

func (p *Portal) changed() {
	close(p.change)
	p.change = make(chan struct{})
}

// await waits until something is so.
func (p *Portal) await(what string, so func() bool) {
	p.t.Helper()
	late := time.After(patience)
	for {
		p.mu.Lock()
		ok, change := so(), p.change
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-change:
		case <-late:
			p.t.Fatalf("portal: never %s", what)
		}
	}
}

// AwaitWindow waits until the person is asked.
func (p *Portal) AwaitWindow() {
	p.t.Helper()
	p.await("a window", func() bool { return p.open != nil })
}

// AwaitNothing waits until no window is open and no session is left.
func (p *Portal) AwaitNothing() {
	p.t.Helper()
	p.await("nothing", func() bool { return p.open == nil && len(p.sessions) == 0 })
}

// Windows is how often the person was asked.
func (p *Portal) Windows() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.windows
}

// Selected is what was asked for last.
func (p *Portal) Selected(key string) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.selected[key].Value()
}

// Token is what opens the screen without a window now.
func (p *Portal) Token() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tokens[screenCast]
}

// Answer is the person's to the window that is open.
func (p *Portal) Answer(yes bool) {
	p.t.Helper()
	p.AwaitWindow()
	p.mu.Lock()
	w := p.open
	p.open = nil
	p.changed()
	p.mu.Unlock()
	if yes {
		p.yes(w)
		return
	}
	p.respond(w.request, 1, nil)
}

// End is the person's click on the desktop's own sign: all sessions are over.
func (p *Portal) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.sessions {
		p.close(s)
		_ = p.conn.Emit(s, session+".Closed", map[string]dbus.Variant{})
	}
}

// close needs mu.
func (p *Portal) close(s dbus.ObjectPath) {
	delete(p.sessions, s)
	if p.open != nil && p.open.session == s {
		p.open = nil
	}
	p.changed()
}

func (p *Portal) respond(to dbus.ObjectPath, code uint32, results map[string]dbus.Variant) {
	if results == nil {
		results = map[string]dbus.Variant{}
	}
	_ = p.conn.Emit(to, request+".Response", code, results)
}

func (p *Portal) yes(w *window) {
	type pair struct{ X, Y int32 }
	type stream struct {
		Node  uint32
		Props map[string]dbus.Variant
	}
	var all []stream
	for _, s := range p.Streams {
		props := map[string]dbus.Variant{"source_type": dbus.MakeVariant(uint32(1))}
		if s.ID != "" {
			props["id"] = dbus.MakeVariant(s.ID)
		}
		if !s.At.Empty() {
			props["position"] = dbus.MakeVariant(pair{int32(s.At.Min.X), int32(s.At.Min.Y)})
			props["size"] = dbus.MakeVariant(pair{int32(s.At.Dx()), int32(s.At.Dy())})
		}
		all = append(all, stream{s.Node, props})
	}
	results := map[string]dbus.Variant{}
	if !p.HidesScreen || w.of.face == screenCast {
		results["streams"] = dbus.MakeVariant(all)
	}
	p.mu.Lock()
	w.of.started = true
	persist := w.of.sources
	if w.of.face == remoteDesk {
		persist = w.of.devices
		types, ok := persist["types"].Value().(uint32)
		if !ok {
			types = p.DeviceTypes // as the specification has it
		}
		w.of.granted = types & p.DeviceTypes &^ p.Withheld
		results["devices"] = dbus.MakeVariant(w.of.granted)
	}
	if mode, _ := persist["persist_mode"].Value().(uint32); mode > 0 {
		p.given++
		p.tokens[w.of.face] = fmt.Sprintf("token-%d", p.given)
		results["restore_token"] = dbus.MakeVariant(p.tokens[w.of.face])
	}
	if p.Twist != nil {
		p.Twist(results)
	}
	p.mu.Unlock()
	p.respond(w.request, 0, results)
}

func text(options map[string]dbus.Variant, key string) string {
	s, _ := options[key].Value().(string)
	return s
}

// object names what a client makes, as the portal does, and lets it be closed.
func (p *Portal) object(kind string, sender dbus.Sender, token, face string, closed func(dbus.ObjectPath)) dbus.ObjectPath {
	o := dbus.ObjectPath(path + "/" + kind + "/" + strings.ReplaceAll(strings.TrimPrefix(string(sender), ":"), ".", "_") + "/" + token)
	_ = p.conn.ExportMethodTable(map[string]any{"Close": func() *dbus.Error {
		p.mu.Lock()
		defer p.mu.Unlock()
		closed(o)
		return nil
	}}, o, face)
	return o
}

func (p *Portal) request(sender dbus.Sender, options map[string]dbus.Variant) dbus.ObjectPath {
	return p.object("request", sender, text(options, "handle_token"), request, func(o dbus.ObjectPath) {
		if p.open != nil && p.open.request == o {
			p.open = nil
			p.changed()
		}
	})
}

// creator is CreateSession of an interface.
func (p *Portal) creator(face string) any {
	return func(sender dbus.Sender, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
		r := p.request(sender, options)
		s := p.object("session", sender, text(options, "session_handle_token"), session, p.close)
		p.mu.Lock()
		p.sessions[s] = &played{face: face}
		p.changed()
		p.mu.Unlock()
		go p.respond(r, 0, map[string]dbus.Variant{"session_handle": dbus.MakeVariant(string(s))})
		return r, nil
	}
}

func (p *Portal) selectSources(sender dbus.Sender, s dbus.ObjectPath, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.sessions[s]
	if of == nil || of.sources != nil || of.started {
		return "", dbus.MakeFailedError(errors.New("no such session, or selected already"))
	}
	if mode, _ := options["cursor_mode"].Value().(uint32); mode&p.Cursors == 0 {
		return "", dbus.MakeFailedError(fmt.Errorf("cursor mode %d", mode))
	}
	persist := options["persist_mode"].Value() != nil || options["restore_token"].Value() != nil
	if persist && (p.Version < 4 || of.face != screenCast) {
		return "", dbus.MakeFailedError(errors.New("persist_mode came with version 4, and sessions with devices cannot persist"))
	}
	of.sources, p.selected = options, options
	r := p.request(sender, options)
	go p.respond(r, 0, nil)
	return r, nil
}

// starter is Start of an interface.
func (p *Portal) starter(face string) any {
	return func(sender dbus.Sender, s dbus.ObjectPath, _ string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
		r := p.request(sender, options)
		p.mu.Lock()
		defer p.mu.Unlock()
		of := p.sessions[s]
		if of == nil || of.face != face || of.started || of.sources == nil {
			return "", dbus.MakeFailedError(errors.New("no such session, or nothing selected"))
		}
		persist := of.sources
		if face == remoteDesk {
			persist = of.devices
		}
		w := &window{request: r, session: s, of: of}
		if token := text(persist, "restore_token"); token != "" && token == p.tokens[face] {
			delete(p.tokens, face)
			go p.yes(w)
			return r, nil
		}
		p.windows++
		if !p.Ask {
			go p.yes(w)
			return r, nil
		}
		p.open = w
		p.changed()
		return r, nil
	}
}

func (p *Portal) remote(s dbus.ObjectPath, _ map[string]dbus.Variant) (dbus.UnixFD, *dbus.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if of := p.sessions[s]; of == nil || !of.started || p.Remote == nil {
		return 0, dbus.MakeFailedError(errors.New("no such session"))
	}
	f, err := p.Remote()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	p.files = append(p.files, f)
	return dbus.UnixFD(f.Fd()), nil
}
