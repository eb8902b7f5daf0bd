package x11

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDisplayNames(t *testing.T) {
	for name, want := range map[string]address{
		":0":                    {},
		":12.1":                 {number: 12, screen: 1},
		"unix:3":                {number: 3},
		"host:1":                {host: "host", number: 1},
		"[::1]:2.0":             {host: "::1", number: 2},
		"/tmp/launch-1/org.x:0": {path: "/tmp/launch-1/org.x:0"},
	} {
		got, err := parseDisplay(name)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "0", ":", ":x", ":-1", ":0.", ":0.-1", ":70000", "host"} {
		if got, err := parseDisplay(name); err == nil {
			t.Errorf("%q is %+v", name, got)
		}
	}
}

func record(family uint16, fields ...string) []byte {
	b := binary.BigEndian.AppendUint16(nil, family)
	for _, f := range fields {
		b = binary.BigEndian.AppendUint16(b, uint16(len(f)))
		b = append(b, f...)
	}
	return b
}

func TestCookieOfTheDisplay(t *testing.T) {
	file := bytes.Join([][]byte{
		record(familyLocal, "other", "0", cookieName, "other"),
		record(familyLocal, "here", "0", "XDM-AUTHORIZATION-1", "unknown method"),
		record(familyLocal, "here", "1", cookieName, "one"),
		record(familyInternet, "\x0a\x00\x00\x01", "0", cookieName, "inet"),
		record(familyWild, "", "", cookieName, "any"),
	}, nil)
	all, err := parseAuthority(file)
	if err != nil || len(all) != 5 {
		t.Fatal(all, err)
	}
	unix := &net.UnixAddr{Net: "unix"}
	for _, test := range []struct {
		number int
		peer   net.Addr
		want   string
	}{
		{0, unix, "any"},
		{1, unix, "one"},
		{0, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}, "inet"},
		{0, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 2)}, "any"},
	} {
		if got := string(cookie(all, "here", test.number, test.peer)); got != test.want {
			t.Errorf("display %d at %v: %q, want %q", test.number, test.peer, got, test.want)
		}
	}
	for n := range file { // cut off anywhere: what is whole counts, the rest is an error
		part, err := parseAuthority(file[:n])
		whole := err == nil
		if len(part) > 5 || whole != bytes.Equal(joined(part), file[:n]) {
			t.Fatalf("cut at %d: %d records, %v", n, len(part), err)
		}
	}
}

func joined(all []entry) []byte {
	b := []byte{}
	for _, e := range all {
		b = append(b, record(e.family, e.address, e.number, e.name, string(e.data))...)
	}
	return b
}

func FuzzAuthority(f *testing.F) {
	f.Add(record(familyLocal, "here", "0", cookieName, "0123456789abcdef"))
	f.Add([]byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := parseAuthority(b)
		if err == nil && !bytes.Equal(joined(all), b) {
			t.Fatalf("%x became %+v", b, all)
		}
		if !bytes.HasPrefix(b, joined(all)) {
			t.Fatalf("records that are not there: %+v", all)
		}
	})
}

func FuzzDisplay(f *testing.F) {
	f.Add(":0.1")
	f.Add("tcp/host:5")
	f.Fuzz(func(t *testing.T, name string) {
		a, err := parseDisplay(name)
		if err == nil && (a.number < 0 || a.number > highestNumber || a.screen < 0) {
			t.Fatalf("%q is %+v", name, a)
		}
	})
}

// reader is a connection that has sent all it will.
type reader struct {
	net.Conn
	io.Reader
}

func (r reader) Read(p []byte) (int, error) { return r.Reader.Read(p) }

func packet(kind, second byte, extra uint32, body int) []byte {
	p := make([]byte, packetLen+body)
	p[0], p[1] = kind, second
	binary.LittleEndian.PutUint32(p[4:], extra)
	return p
}

func TestStreamTakesEventsOut(t *testing.T) {
	reply := packet(1, 0, 2, 8)
	copy(reply[packetLen:], "the body")
	sent := bytes.Join([][]byte{
		packet(91, 7, 0, 0),             // an event
		reply,                           // goes through
		packet(genericEvent, 131, 1, 4), // an event with a body
		packet(0, 150, 77, 0),           // an error of an extension
		packet(0, 8, 77, 0),             // an error of the core
		packet(22|0x80, 0, 0, 0),        // an event that a client sent
	}, nil)
	s := newStream(reader{Reader: bytes.NewReader(sent)}, []byte("answer"))
	got, err := io.ReadAll(s)
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Join([][]byte{[]byte("answer"), reply, packet(0, implementationError, 77, 0), packet(0, 8, 77, 0)}, nil)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	events, lost := s.queue.take(nil)
	if lost || len(events) != 3 || events[0].Code() != 91 || events[2].Code() != 22 {
		t.Errorf("events %v", events)
	}
	if major, _, ok := events[1].Generic(); !ok || major != 131 {
		t.Errorf("generic event of %d", major)
	}
	select {
	case <-s.gone:
	default:
		t.Error("the end is not told")
	}
}

func TestQueueTellsWhatItDropped(t *testing.T) {
	q := newQueue()
	for range queueLimit + 1 {
		q.push(Event{2})
	}
	events, lost := q.take(nil)
	if len(events) != queueLimit || !lost {
		t.Fatalf("%d events, lost %v", len(events), lost)
	}
	if events, lost = q.take(events[:0]); len(events) != 0 || lost {
		t.Fatal("told twice")
	}
}

// Whatever a server sends, xgb sees whole errors and replies of their own length,
// and nothing else.
func FuzzStream(f *testing.F) {
	f.Add(bytes.Join([][]byte{packet(91, 7, 0, 0), packet(1, 0, 1, 4), packet(0, 150, 0, 0), packet(genericEvent, 1, 2, 8)}, nil))
	f.Fuzz(func(t *testing.T, sent []byte) {
		s := newStream(reader{Reader: bytes.NewReader(sent)}, nil)
		got, _ := io.ReadAll(s) // its error: cut off, or too long: what came before stands
		for len(got) > 0 {
			if len(got) < packetLen || got[0] > 1 {
				t.Fatalf("xgb would see %x", got)
			}
			n := int64(packetLen)
			if got[0] == 1 {
				n += 4 * int64(binary.LittleEndian.Uint32(got[4:]))
				if n > replyLimit+packetLen {
					t.Fatalf("a reply of %d bytes", n)
				}
			} else if got[1] > lastCoreError {
				t.Fatalf("xgb does not know error %d", got[1])
			}
			if int64(len(got)) < n { // cut off by the end of the connection
				break
			}
			got = got[n:]
		}
	})
}

// A list of devices that is cut anywhere is refused; a whole one is read with the names
// as they are.
func TestDevicesAreReadWhole(t *testing.T) {
	le := binary.LittleEndian
	b := le.AppendUint16(make([]byte, 8), 2)
	b = append(b, make([]byte, packetLen-len(b))...)
	device := func(id, use uint16, name string, classes ...int) {
		for _, v := range []uint16{id, use, 0, uint16(len(classes)), uint16(len(name)), 1} {
			b = le.AppendUint16(b, v)
		}
		b = append(b, name...)
		b = append(b, make([]byte, -len(name)&3)...)
		for _, units := range classes {
			class := make([]byte, 4*units)
			le.PutUint16(class[2:], uint16(units))
			b = append(b, class...)
		}
	}
	device(4, xiSlavePointer, "Virtual core XTEST pointer", 3, 1)
	device(9, xiSlaveKeyboard, "USB", 2)
	all, err := parseDevices(b)
	if err != nil || len(all) != 2 || !all[0].Synthetic() || !all[0].Pointing() || all[1] != (Device{ID: 9, Name: "USB", use: xiSlaveKeyboard}) {
		t.Errorf("%+v, %v", all, err)
	}
	for n := range len(b) {
		if got, err := parseDevices(b[:n]); err == nil {
			t.Errorf("cut at %d: %+v", n, got)
		}
	}
}

func FuzzDevices(f *testing.F) {
	f.Add(make([]byte, packetLen))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = parseDevices(b) })
}
