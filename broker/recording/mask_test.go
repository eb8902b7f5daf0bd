package recording

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/policy"
)

// canary is the grey of what must not be kept.
const canary = 0xee

// onlyMask is the one mask of an index.
func onlyMask(t *testing.T, x *Index) Mark {
	t.Helper()
	var found []Mark
	for _, m := range x.Marks {
		if m.Kind == MarkMask {
			found = append(found, m)
		}
	}
	if len(found) != 1 || found[0].Until <= found[0].At {
		t.Fatalf("masks %+v", found)
	}
	return found[0]
}

// What the screen shows while the picture is masked is in no segment, also what is on
// its way when the mask begins; afterwards the recording begins anew with a whole
// picture, and says from when to when there is none.
func TestD14_D24_NothingOfAMaskedSpanIsKept(t *testing.T) {
	r := newFolder(t, on)
	s := r.begin()
	must(t, s.key())
	for r.written() < 2*frameTime { // so that a film has a picture of it
		must(t, s.fill(10))
		s.credited()
	}
	// The endpoint goes on sending until its stream is gone.
	stop, sent := make(chan struct{}), make(chan struct{})
	r.s.Mask(theSession.ID, "Rob Rep had the form open")
	go func() {
		defer close(sent)
		for s.fill(canary) == nil {
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	<-s.gone
	close(stop)
	<-sent
	r.s.Mask(theSession.ID, "another form") // changes nothing
	select {
	case <-r.screens:
		t.Fatal("the recorder attached to a masked session")
	case <-time.After(2 * retryEvery):
	}
	r.s.Unmask(theSession.ID)
	r.s.Unmask(theSession.ID)
	s = r.screen()
	must(t, s.key())
	must(t, s.fill(20))
	s.credited()
	r.s.End(theSession.ID)
	rec := r.over()
	x := r.open(rec.ID)
	for _, e := range r.entries(rec.ID, x) {
		if bytes.Contains(e.Payload, []byte{canary, canary, canary}) {
			t.Fatalf("at %v there is what was masked", e.At)
		}
	}
	m := onlyMask(t, x)
	if m.Text != "Rob Rep had the form open" || !rec.Complete || rec.Gaps != 0 {
		t.Errorf("%+v of %+v", m, rec)
	}
	// Played, the span has the picture of before; a film has none of it.
	keys, err := r.s.identities()
	must(t, err)
	reel := r.s.newReel(rec.ID, x, keys)
	defer reel.close()
	at := func(ms int64) byte {
		t.Helper()
		reel.seek(time.Duration(ms) * time.Millisecond)
		_ = reel.play(time.Duration(ms) * time.Millisecond) // to the end
		return reel.canvas.Image().Pix[0]
	}
	if before, after := at((m.At+m.Until)/2), at(x.end()); before != 10 || after != 20 {
		t.Errorf("%d within the mask and %d after it", before, after)
	}
	reel.seek(0)
	var film bytes.Buffer
	size, err := reel.size()
	must(t, err)
	must(t, reel.film(t.Context(), &film, size, rec.Duration))
	plain := func(g byte) []byte { return bytes.Repeat([]byte{g, g, g, 255}, 64*32) }
	hatched := append(bytes.Repeat([]byte{0x30, 0x30, 0x30, 255}, stripe), bytes.Repeat([]byte{0x48, 0x48, 0x48, 255}, stripe)...)
	one, two, three := bytes.Index(film.Bytes(), plain(10)), bytes.Index(film.Bytes(), hatched), bytes.Index(film.Bytes(), plain(20))
	if one < 0 || two < one || three < two {
		t.Errorf("the film has pictures at %d, %d and %d", one, two, three)
	}
}

// A session that has to be recorded lets viewers in while its picture is masked, tells
// nobody that it cannot be recorded, and may end so.
func TestD14_MaskIsNoFailure(t *testing.T) {
	r := newFolder(t, policy.Settings{Recording: policy.RecordingRequired, RecordingKept: time.Hour})
	must(t, r.s.Begin(theSession))
	let := make(chan error, 1)
	go func() { let <- r.s.Admit(t.Context(), theSession.ID, rob) }()
	s := r.screen()
	must(t, s.key())
	must(t, <-let)
	r.s.Mask(theSession.ID, "x")
	<-s.gone
	must(t, r.s.Admit(t.Context(), theSession.ID, rob))
	r.s.End(theSession.ID)
	rec := r.over()
	onlyMask(t, r.open(rec.ID))
	if n, detached, last := r.said(); n != 0 || detached != 0 || !rec.Complete {
		t.Errorf("%d times %v, %d times detached, %+v", n, last, detached, rec)
	}
}

// A mask that stands when the broker is killed ends where the recording goes on.
func TestD14_A5_MaskEndsWithTheBrokerThatKeptIt(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dir, filepath.Join(dir, "recordings"), 64<<10, on)
	s := r.begin()
	must(t, s.key())
	s.credited()
	r.s.Mask(theSession.ID, "x")
	<-s.gone
	eventually(t, "the mask is in the index", func() bool { return marks(r.kept(), MarkMask) == 1 })
	if x := r.kept(); !x.masked(time.Hour) {
		t.Errorf("an open mask ends: %+v", x.Marks)
	}
	// What a broker finds that comes now is what the killed one has left.
	left := t.TempDir()
	must(t, os.CopyFS(left, os.DirFS(dir)))
	must(t, filepath.WalkDir(left, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return errors.Join(err, os.Chmod(path, 0o600))
		}
		return os.Chmod(path, 0o700)
	}))
	next := newRig(t, left, filepath.Join(left, "recordings"), 64<<10, on, theSession)
	s = next.screen()
	must(t, s.key())
	s.credited()
	next.s.End(theSession.ID)
	rec := next.over()
	x := next.open(rec.ID)
	if m := onlyMask(t, x); x.masked(time.Duration(x.end()) * time.Millisecond) {
		t.Errorf("%+v goes on to the end at %d ms", m, x.end())
	}
}

// take is the recording that is being made.
func (r *rig) take(f func(t *take)) {
	r.t.Helper()
	t := r.s.find(theSession.ID)
	t.mu.Lock()
	defer t.mu.Unlock()
	f(t)
}

// written is how far it is.
func (r *rig) written() (at time.Duration) {
	r.take(func(t *take) { at = time.Duration(t.tape.last) * time.Millisecond })
	return at
}

// kept is the index as it is on the disk; empty: there is none yet.
func (r *rig) kept() *Index {
	r.t.Helper()
	var id string
	r.take(func(t *take) { id = t.row.ID })
	keys, err := r.s.identities()
	must(r.t, err)
	b, err := r.s.folder.read(id, indexFile, maxIndex, nil, keys)
	if errors.Is(err, fs.ErrNotExist) {
		return new(Index)
	}
	must(r.t, err)
	x, err := parseIndex(b)
	must(r.t, err)
	return x
}
