package capture_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

func openX11(t testing.TB, display string) *capturetest.Receiver {
	t.Helper()
	s := open(t, capture.Options{Display: display, Backend: "x11"})
	t.Cleanup(func() { _ = s.Close() })
	return &capturetest.Receiver{Source: s}
}

func TestServerGoneInsideNextIsLost(t *testing.T) {
	server := x11test.Start(t, "640x480x24")
	r := openX11(t, server.Display)
	r.UntilQuiet(t)
	ended := make(chan error, 1)
	go func() { ended <- r.Next(context.Background()) }()
	server.Stop()
	err := <-ended
	if !errors.Is(err, capture.ErrLost) || reason(err) != capture.ReasonDisplayServerGone {
		t.Fatal(err)
	}
	if err := r.Next(t.Context()); !errors.Is(err, capture.ErrLost) {
		t.Fatalf("once more: %v", err)
	}
}

func TestSourceReturnsWithTheServer(t *testing.T) {
	server := x11test.Start(t, "640x480x24")
	first := openX11(t, server.Display)
	first.UntilQuiet(t)
	server.Stop()
	if err := first.Next(t.Context()); !errors.Is(err, capture.ErrLost) {
		t.Fatal(err)
	}
	if err := first.Source.Close(); err != nil {
		t.Fatal(err)
	}
	again := x11test.StartAt(t, server.Display, "800x600x24")
	p := capturetest.NewPainter(t, again)
	r := openX11(t, again.Display)
	p.Put(t, capturetest.Text(image.Rect(0, 0, 800, 600), 1))
	r.UntilTrue(t, p)
}

func TestWrongCookieIsDenied(t *testing.T) {
	cookies, wrong := filepath.Join(t.TempDir(), "cookies"), filepath.Join(t.TempDir(), "wrong")
	x11test.WriteCookie(t, cookies, "", []byte("0123456789abcdef"))
	x11test.WriteCookie(t, wrong, "", []byte("fedcba9876543210"))
	server := x11test.Start(t, "640x480x24", "-auth", cookies)
	t.Setenv("DISPLAY", server.Display)
	for _, file := range []string{wrong, filepath.Join(t.TempDir(), "missing")} {
		t.Setenv("XAUTHORITY", file)
		_, err := capture.Open(t.Context(), capture.Options{Log: quiet()})
		if !errors.Is(err, capture.ErrDenied) || reason(err) != capture.ReasonPermission {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
	t.Setenv("XAUTHORITY", cookies)
	s, err := capture.Open(t.Context(), capture.Options{Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
}

// A server of another user refuses us without its cookie, and with it refuses our
// shared memory.
func TestServerOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NEEDS ROOT, to start a server as another user: not proved in this run")
	}
	const nobody = 65534
	dir, err := os.MkdirTemp("", "cookies") //nolint:usetesting // t.TempDir is below a directory of mode 0700
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	cookies := filepath.Join(dir, "cookies")
	x11test.WriteCookie(t, cookies, "", []byte("0123456789abcdef"))
	for _, name := range []string{dir, cookies} {
		if err := os.Chmod(name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	server := x11test.StartAs(t, nobody, "640x480x24", "-auth", cookies)
	t.Setenv("XAUTHORITY", filepath.Join(dir, "none"))
	_, err = capture.Open(t.Context(), capture.Options{Display: server.Display, Log: quiet()})
	if !errors.Is(err, capture.ErrDenied) {
		t.Fatal(err)
	}
	t.Setenv("XAUTHORITY", cookies)
	p := capturetest.NewPainter(t, server)
	p.Put(t, capturetest.Gradient(image.Rect(10, 10, 600, 400), 4))
	openX11(t, server.Display).UntilTrue(t, p)
}

func TestNoDisplayNamesEveryBackend(t *testing.T) {
	t.Setenv("DISPLAY", "")
	_, err := capture.Open(t.Context(), capture.Options{Log: quiet()})
	if !errors.Is(err, capture.ErrUnsupported) || reason(err) != capture.ReasonNoDisplay {
		t.Fatal(err)
	}
	for _, b := range capture.Backends() {
		if !strings.Contains(err.Error(), b.Name+": ") {
			t.Errorf("%s is not in: %v", b.Name, err)
		}
	}
}

func TestOtherPixelsAreUnsupported(t *testing.T) {
	server := x11test.Start(t, "640x480x16")
	_, err := capture.Open(t.Context(), capture.Options{Display: server.Display, Backend: "x11", Log: quiet()})
	if !errors.Is(err, capture.ErrUnsupported) || !strings.Contains(err.Error(), "depth 16") {
		t.Fatal(err)
	}
}

func TestTwoMonitors(t *testing.T) {
	server := x11test.StartVNC(t, "900x600")
	r := openX11(t, server.Display)
	r.UntilQuiet(t)
	want := []image.Rectangle{image.Rect(0, 0, 500, 600), image.Rect(500, 40, 900, 600)}
	server.SetMonitors(t, want...)
	r.Until(t, "two monitors", func() bool {
		return len(r.Monitors) == 2 && r.Monitors[0].Rect == want[0] && r.Monitors[1].Rect == want[1]
	})
	if a, b := r.Monitors[0], r.Monitors[1]; a.ID == b.ID || a.Name != "m1" || b.Name != "m2" || !a.Primary || b.Primary {
		t.Errorf("monitors %+v", r.Monitors)
	}
	if r.Frame.Rect != image.Rect(0, 0, 900, 600) {
		t.Errorf("desktop %v", r.Frame.Rect)
	}
	before := r.Monitors[1].ID
	want[1] = image.Rect(600, 0, 900, 300)
	server.SetMonitors(t, want...)
	r.Until(t, "the second monitor elsewhere", func() bool { return len(r.Monitors) == 2 && r.Monitors[1].Rect == want[1] })
	if r.Monitors[1].ID != before {
		t.Error("a monitor that stayed has a new ID")
	}
}

// A monitor can change while the desktop stays as large as it is.
func TestMonitorChangesWithinTheDesktop(t *testing.T) {
	server := x11test.StartVNC(t, "1024x768")
	r := openX11(t, server.Display)
	r.UntilQuiet(t)
	server.Xrandr(t, "--fb", "1600x1200", "--output", "VNC-0", "--mode", "1024x768")
	r.Until(t, "a larger desktop", func() bool { return r.Frame.Rect.Dx() == 1600 })
	r.UntilQuiet(t)
	server.Xrandr(t, "--fb", "1600x1200", "--output", "VNC-0", "--mode", "640x480")
	r.Until(t, "another monitor", func() bool {
		return len(r.Monitors) == 1 && r.Monitors[0].Rect == image.Rect(0, 0, 640, 480)
	})
	if r.Frame.Rect != image.Rect(0, 0, 1600, 1200) {
		t.Errorf("desktop %v", r.Frame.Rect)
	}
}

func TestResizeStorm(t *testing.T) {
	server := x11test.StartVNC(t, "640x480")
	p := capturetest.NewPainter(t, server)
	r := openX11(t, server.Display)
	r.UntilTrue(t, p)
	rnd := rand.New(rand.NewPCG(8, 8))
	done := make(chan struct{})
	painted := make(chan struct{})
	go func() { // all the while something is painted
		defer close(painted)
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				p.Fill(t, image.Rect(i%200, i%150, i%200+300, i%150+300), color.RGBA{uint8(i), 50, 0, 255})
			}
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	followed := make(chan error, 1)
	go func() {
		for {
			if err := r.Next(ctx); err != nil {
				followed <- err
				return
			}
		}
	}()
	for range 30 {
		server.Resize(t, image.Pt(200+rnd.IntN(1200), 200+rnd.IntN(900)))
	}
	close(done)
	<-painted
	cancel()
	if err := <-followed; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	r.UntilTrue(t, p)
}

func TestPointerWarpComesWithTheNextChange(t *testing.T) {
	server := x11test.Start(t, "640x480x24")
	p := capturetest.NewPainter(t, server)
	r := openX11(t, server.Display)
	r.UntilTrue(t, p)
	at := image.Pt(123, 45)
	p.WarpPointer(t, at)
	p.Fill(t, image.Rect(0, 0, 5, 5), color.RGBA{1, 1, 1, 255})
	r.Until(t, "pointer", func() bool { return r.Cursor.Position == at })
}

// While another client has grabbed the server, it sends events but answers
// nothing: Next is in the middle of a frame.
func grabbed(t *testing.T) (*capturetest.Receiver, *capturetest.Painter) {
	t.Helper()
	server := x11test.Start(t, "640x480x24")
	p := capturetest.NewPainter(t, server)
	r := openX11(t, server.Display)
	r.UntilTrue(t, p)
	r.UntilQuiet(t)
	xproto.GrabServer(p.Conn.Conn)
	p.Fill(t, image.Rect(0, 0, 50, 50), color.RGBA{9, 9, 9, 255})
	return r, p
}

func TestCloseUnblocksNextWhileTheServerIsSilent(t *testing.T) {
	r, _ := grabbed(t)
	ended := make(chan error, 1)
	go func() { ended <- r.Next(context.Background()) }()
	if err := r.Source.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, capture.ErrClosed) {
		t.Fatal(err)
	}
}

func TestContextEndsNextWhileTheServerIsSilent(t *testing.T) {
	r, _ := grabbed(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Next(ctx) }()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestFrameComesWhenTheServerSpeaksAgain(t *testing.T) {
	r, p := grabbed(t)
	ended := make(chan error, 1)
	go func() { ended <- r.Next(t.Context()) }()
	xproto.UngrabServer(p.Conn.Conn)
	p.Fill(t, image.Rect(0, 0, 1, 1), color.RGBA{8, 8, 8, 255})
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	r.UntilTrue(t, p)
}

// More events than are kept for a slow receiver mean: look at everything.
func TestNothingIsLostWhenEventsAre(t *testing.T) {
	server := x11test.Start(t, "640x480x24")
	p := capturetest.NewPainter(t, server)
	r := openX11(t, server.Display)
	r.UntilTrue(t, p)
	for i := range 20000 {
		x, y := (i*2)%640, (i*2)/640*2
		p.FillQuick(image.Rect(x, y, x+1, y+1), color.RGBA{uint8(i), 255, 0, 255})
	}
	p.ShapeCursor(t, 5)
	p.Fill(t, image.Rect(600, 470, 601, 471), color.RGBA{255, 0, 0, 255})
	r.UntilTrue(t, p)
}

// What is killed cannot clean up: the kernel does.
func TestKilledProcessLeavesNoSharedMemory(t *testing.T) {
	const child = "CAPTURE_TEST_DISPLAY"
	if display := os.Getenv(child); display != "" {
		r := openX11(t, display)
		if err := r.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	server := x11test.Start(t, "640x480x24")
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), child+"="+server.Display)
	out, err := cmd.CombinedOutput()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the child was not killed: %v\n%s", err, out)
	}
	// The server lets go of its end when it sees the connection close.
	for deadline := time.Now().Add(30 * time.Second); segments(t, cmd.Process.Pid) > 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("its shared memory is still there")
		}
	}
}

// segments counts the shared memory that a process made.
func segments(t *testing.T, pid int) int {
	t.Helper()
	all, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, line := range strings.Split(string(all), "\n")[1:] {
		if f := strings.Fields(line); len(f) > 4 && f[4] == strconv.Itoa(pid) {
			n++
		}
	}
	return n
}

// counted is what may leak.
type counted struct{ files, goroutines, maps, segments int }

func count(t *testing.T) counted {
	t.Helper()
	runtime.GC()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return counted{len(fds), runtime.NumGoroutine(), strings.Count(string(maps), "SYSV"), segments(t, os.Getpid())}
}

func TestNothingLeaks(t *testing.T) {
	first := x11test.Start(t, "320x240x24") // its number stays reserved for the others
	first.Stop()
	cycle := func(i int) {
		server := x11test.StartAt(t, first.Display, "320x240x24")
		s := open(t, capture.Options{Display: server.Display, Backend: "x11"})
		r := capturetest.Receiver{Source: s}
		if err := r.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		switch i % 4 {
		case 0: // the server goes first, and Next learns of it
			server.Stop()
			if err := r.Next(t.Context()); !errors.Is(err, capture.ErrLost) {
				t.Fatal(err)
			}
		case 1: // the server goes and nobody asks
			server.Stop()
		case 2: // closed while the frame is in use, and Next once more
			_ = s.Close()
			if err := r.Next(t.Context()); !errors.Is(err, capture.ErrClosed) {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		server.Stop()
	}
	cycle(0) // what is made once and kept
	before := count(t)
	for i := range 50 {
		cycle(i)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		after := count(t)
		if after.files <= before.files && after.goroutines <= before.goroutines && after.maps == 0 && after.segments == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("before %+v, after %+v", before, after)
		}
		runtime.Gosched()
	}
}
