package recording

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

var on = policy.Settings{Recording: policy.RecordingOn, RecordingKept: 24 * time.Hour}

func newFolder(t *testing.T, set policy.Settings) *rig {
	dir := t.TempDir()
	return newRig(t, dir, filepath.Join(dir, "recordings"), 64<<10, set)
}

func TestD24_NothingTouchesTheDiskInTheClear(t *testing.T) {
	r := newFolder(t, on)
	s := r.begin()
	marker := bytes.Repeat([]byte("what was on the screen "), 50)
	must(t, s.key())
	must(t, s.send(marker))
	s.credited()
	// While the segment is open, too.
	check := func() {
		t.Helper()
		all := files(t, filepath.Join(r.data, "recordings"))
		if len(all) == 0 {
			t.Fatal("nothing was written")
		}
		for _, f := range all {
			b, err := os.ReadFile(f)
			must(t, err)
			if bytes.Contains(b, marker[:20]) || bytes.Contains(b, []byte("Rob Rep")) || bytes.Contains(b, []byte(`"segments"`)) {
				t.Errorf("%s holds plain text", f)
			}
			if !strings.HasPrefix(string(b), "age-encryption.org/v1\n") {
				t.Errorf("%s is not an age file", f)
			}
		}
	}
	check()
	r.s.End(theSession.ID)
	rec := r.over()
	check()
	x := r.open(rec.ID)
	var got []byte
	for _, e := range r.entries(rec.ID, x) {
		got = append(got, e.Payload...)
	}
	if !bytes.Contains(got, marker) {
		t.Error("the recording lacks what was sent")
	}
	// Every segment's hash is in the audit log.
	var said strings.Builder
	for _, a := range append(r.records("recording.segment"), r.records("recording.end")...) {
		said.WriteString(a.Detail)
	}
	for _, f := range files(t, filepath.Join(r.data, "recordings")) {
		b, err := os.ReadFile(f)
		must(t, err)
		if sum := sha256.Sum256(b); !strings.Contains(said.String(), hexOf(sum[:])) {
			t.Errorf("the audit log lacks the hash of %s", filepath.Base(f))
		}
	}
}

func TestD24_AChangedSegmentDoesNotPlay(t *testing.T) {
	r := newFolder(t, on)
	s := r.begin()
	must(t, s.key())
	s.credited()
	r.s.End(theSession.ID)
	rec := r.over()
	if _, err := r.s.Segment(t.Context(), rob, rec.ID, 1); err == nil {
		t.Fatal("read before it was opened")
	}
	r.open(rec.ID)
	if _, err := r.s.Segment(t.Context(), rob, rec.ID, 1); err != nil {
		t.Fatal(err)
	}
	f := filepath.Join(r.data, "recordings", rec.ID, segmentName(1))
	b, err := os.ReadFile(f)
	must(t, err)
	b[len(b)-1] ^= 1
	must(t, os.WriteFile(f, b, 0o600))
	if _, err := r.s.Segment(t.Context(), rob, rec.ID, 1); err == nil || !strings.Contains(err.Error(), "not the one that was recorded") {
		t.Fatal(err)
	}
}

func TestD24_RecipientsAndRotation(t *testing.T) {
	r := newFolder(t, on)
	k, err := age.GenerateX25519Identity()
	must(t, err)
	all, err := r.s.Recipients(t.Context())
	if err != nil || len(all) != 1 || !all[0].Own {
		t.Fatalf("%+v, %v", all, err)
	}
	if err := r.s.RetireRecipient(t.Context(), rob, all[0].ID); err == nil {
		t.Fatal("the last key was retired")
	}
	if _, err := r.s.AddRecipient(t.Context(), rob, "Vault", "AGE-SECRET-KEY-1"); err == nil {
		t.Fatal("a private key was taken")
	}
	if _, err := r.s.AddRecipient(t.Context(), rob, "Vault", k.Recipient().String()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.s.AddRecipient(t.Context(), rob, "Vault", k.Recipient().String()); err == nil {
		t.Fatal("a key was added twice")
	}
	must(t, r.s.RetireRecipient(t.Context(), rob, all[0].ID))
	s := r.begin()
	must(t, s.key())
	s.credited()
	r.s.End(theSession.ID)
	rec := r.over()
	if _, _, err := r.s.Open(t.Context(), rob, rec.ID); err == nil || !strings.Contains(err.Error(), "keys that this broker does not have") {
		t.Fatalf("a retired key still reads: %v", err)
	}
	if x, err := r.s.index(rec, []age.Identity{k}); err != nil || len(x.Segments) != 1 {
		t.Fatalf("the vault: %v", err)
	}
	// A new key of the broker's own; what was recorded with an old one plays on.
	if _, err := r.s.Rotate(t.Context(), system, "command line"); err != nil {
		t.Fatal(err)
	}
	if ids, err := r.s.identities(); err != nil || len(ids) != 2 {
		t.Fatalf("%d keys, %v", len(ids), err)
	}
	if n := len(r.records("recipient.add")); n != 3 {
		t.Errorf("%d additions recorded", n)
	}
	if n := len(r.records("recipient.retire")); n != 1 {
		t.Errorf("%d retirements recorded", n)
	}
}

func TestA5_AStreamThatEndsIsAGapInOneRecording(t *testing.T) {
	r := newFolder(t, on)
	s := r.begin()
	must(t, s.key())
	must(t, s.fill(10))
	s.credited()
	_ = s.Close() // the agent is killed
	s = r.screen()
	must(t, s.key()) // its epochs begin anew
	must(t, s.fill(20))
	s.credited()
	r.s.End(theSession.ID)
	rec := r.over()
	x := r.open(rec.ID)
	if rec.Gaps != 1 || marks(x, MarkGap) != 1 || marks(x, MarkEnd) != 1 || marks(x, MarkConsent) != 1 || marks(x, MarkRep) != 1 || !rec.Complete {
		t.Fatalf("%+v %+v", rec, x.Marks)
	}
	all := r.entries(rec.ID, x)
	var epochs []uint32
	for _, e := range all {
		if e.Kind == wire.MediaUpdate {
			epochs = append(epochs, e.Epoch)
		}
	}
	if want := []uint32{1, 1, 2, 2}; !bytes.Equal(asBytes(epochs), asBytes(want)) {
		t.Fatalf("epochs %v, want %v", epochs, want)
	}
	if len(x.Segments) != 2 || !x.Segments[0].Key || !x.Segments[1].Key {
		t.Fatalf("%+v", x.Segments)
	}
	keys, err := r.s.identities()
	must(t, err)
	reel := r.s.newReel(rec.ID, x, keys)
	defer reel.close()
	reel.seek(time.Hour)
	if err := reel.play(time.Hour); err == nil || reel.canvas.Image().Pix[0] != 20 {
		t.Fatalf("%v, %v", err, reel.canvas.Image().Pix[:4])
	}
	if said, _, _ := r.said(); said != 0 {
		t.Errorf("a stream that came back at once was reported %d times", said)
	}
}

func asBytes(v []uint32) (b []byte) {
	for _, n := range v {
		b = append(b, byte(n))
	}
	return b
}

func TestA5_ARestartGoesOnWithTheRecording(t *testing.T) {
	r := newFolder(t, on)
	s := r.begin()
	must(t, s.key())
	must(t, s.fill(10))
	s.credited()
	r.end()
	next := newRig(t, r.data, filepath.Join(r.data, "recordings"), 64<<10, policy.Settings{}, theSession) // no viewer is needed
	s = next.screen()
	must(t, s.key())
	s.credited()
	next.s.End(theSession.ID)
	rec := next.over()
	x := next.open(rec.ID)
	if len(x.Segments) != 2 || marks(x, MarkGap) != 1 || len(next.records("recording.start")) != 1 || rec.Kept != 24*time.Hour {
		t.Fatalf("%+v %+v", rec, x)
	}
}

func TestE11_RequiredWaitsForTheRecording(t *testing.T) {
	r := newFolder(t, policy.Settings{Recording: policy.RecordingRequired})
	must(t, r.s.Begin(theSession))
	let := make(chan error, 1)
	go func() { let <- r.s.Admit(t.Context(), theSession.ID, rob) }()
	s := r.screen()
	select {
	case err := <-let:
		t.Fatalf("let in before anything was recorded: %v", err)
	default:
	}
	must(t, s.key())
	if err := <-let; err != nil {
		t.Fatal(err)
	}
	// The endpoint takes the recorder's stream away and does not give it back.
	r.mu.Lock()
	r.offline = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_INTERNAL}
	r.mu.Unlock()
	since := time.Now()
	_ = s.Close()
	eventually(t, "the viewers are detached", func() bool { _, n, _ := r.said(); return n > 0 })
	if took := time.Since(since); took > 2*time.Second {
		t.Errorf("detached after %v", took)
	}
	if err := r.s.Admit(t.Context(), theSession.ID, rob); err == nil {
		t.Error("let in without a recording")
	}
	r.mu.Lock()
	r.offline = nil
	r.mu.Unlock()
	s = r.screen()
	must(t, s.key())
	eventually(t, "it is said that it goes on", func() bool { n, _, last := r.said(); return n == 2 && last == nil })
	must(t, r.s.Admit(t.Context(), theSession.ID, rob))
}

// TestE11_X8_AReplacedLinkIsNoFailure: a lost link takes the viewers and the recorder's
// stream along. Who comes again waits for the recording, however long the first picture
// takes, and nothing is said to have failed.
func TestE11_X8_AReplacedLinkIsNoFailure(t *testing.T) {
	r := newFolder(t, policy.Settings{Recording: policy.RecordingRequired})
	must(t, r.s.Begin(theSession))
	let := make(chan error, 1)
	admit := func() { let <- r.s.Admit(t.Context(), theSession.ID, rob) }
	go admit()
	s := r.screen()
	must(t, s.key())
	must(t, <-let)
	s.credited()

	since := time.Now()
	_ = s.Close()
	r.s.Left(theSession.ID, rob)
	s = r.screen()
	go admit()
	eventually(t, "more than the grace to pass", func() bool { return time.Since(since) > grace+2*mindEvery })
	must(t, s.key())
	if err := <-let; err != nil {
		t.Errorf("who came again was not let in: %v", err)
	}
	if said, detached, last := r.said(); said != 0 || detached != 0 {
		t.Errorf("said %d times, %v; detached %d times", said, last, detached)
	}
	// A recorder's stream alone that goes is one, while somebody looks.
	s.credited()
	r.mu.Lock()
	r.offline = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_INTERNAL}
	r.mu.Unlock()
	_ = s.Close()
	eventually(t, "the viewers are detached", func() bool { _, n, _ := r.said(); return n > 0 })
}

// What was recorded for a while is tried again at once: its link may have been replaced. What
// never came, and a disk that takes nothing, are not asked all the time.
func TestE11_X8_WhenARecordingIsTriedAgain(t *testing.T) {
	link, disk := errors.New("stream closed"), &fs.PathError{Op: "write", Path: "segment", Err: syscall.ENOSPC}
	for _, c := range []struct {
		err        error
		took, want time.Duration
	}{
		{link, time.Minute, 0},
		{link, retryEvery, 0},
		{link, retryEvery / 4, 3 * retryEvery / 4},
		{link, 0, retryEvery},
		{disk, time.Minute, retryEvery},
	} {
		if got := pause(c.err, c.took); got != c.want {
			t.Errorf("%v after %v: again in %v, want %v", c.err, c.took, got, c.want)
		}
	}
}

func TestRetentionIsAudited(t *testing.T) {
	r := newFolder(t, on)
	s := r.begin()
	must(t, s.key())
	s.credited()
	r.s.End(theSession.ID)
	rec := r.over()
	if n, err := r.s.Expire(t.Context()); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	r.mu.Lock()
	r.skew = 25 * time.Hour
	r.mu.Unlock()
	if n, err := r.s.Expire(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if all, err := r.s.List(t.Context(), theSession.ID, 0); err != nil || len(all) != 0 {
		t.Fatal(all, err)
	}
	if f := files(t, filepath.Join(r.data, "recordings")); len(f) != 0 {
		t.Fatal(f)
	}
	if a := r.records("recording.expire"); len(a) != 1 || a[0].Object != "recording:"+rec.ID {
		t.Fatal(a)
	}
}

func TestE11_ADiskThatTakesNothingEndsThePicture(t *testing.T) {
	r := newFolder(t, policy.Settings{Recording: policy.RecordingRequired})
	must(t, r.s.Begin(theSession))
	let := make(chan error, 1)
	go func() { let <- r.s.Admit(t.Context(), theSession.ID, rob) }()
	s := r.screen()
	must(t, s.key())
	must(t, <-let)
	take := r.s.find(theSession.ID)
	hung, release := make(chan struct{}), make(chan struct{})
	go func() {
		_ = take.atWork(func(time.Duration) error { close(hung); <-release; return nil })
	}()
	<-hung
	since := time.Now()
	eventually(t, "the viewers are detached", func() bool { _, n, _ := r.said(); return n > 0 })
	if took := time.Since(since); took > 2*time.Second {
		t.Errorf("detached after %v", took)
	}
	close(release)
	eventually(t, "it is said that it goes on", func() bool { n, _, last := r.said(); return n == 2 && last == nil })
}

func TestSeekingBeginsWithTheLastKey(t *testing.T) {
	var x Index
	for i := range 10 {
		x.Segments = append(x.Segments, Segment{From: int64(i) * 4500, To: int64(i)*4500 + 4400, Key: i%4 == 0})
	}
	for at, want := range map[time.Duration]int{0: 1, 4 * time.Second: 1, 17 * time.Second: 1, 18 * time.Second: 5, time.Hour: 9} {
		if got := x.KeyBefore(at); got != want {
			t.Errorf("to show %v playing begins with segment %d, want %d", at, got, want)
		}
	}
}
