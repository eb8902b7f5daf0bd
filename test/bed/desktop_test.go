//go:build linux

package bed

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestDesktop proves the bed itself: a prompt on the desktop is answered by a
// real click and by a real key.
func TestDesktop(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d, err := NewDesktop(ctx, DesktopOptions{Dir: t.TempDir(), Screen: "1280x800x24", Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Terminal(ctx, "Terminal", "76x20+60+60"); err != nil {
		t.Fatal(err)
	}
	for _, yes := range []bool{true, false} {
		p, err := d.Start("zenity", "--question", "--default-cancel", "--title="+ConsentTitle, "--width=440", "--ok-label=Yes, allow", "--cancel-label=No", "--text=May we?")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Window(ctx, ConsentTitle); err != nil {
			t.Fatal(err)
		}
		if file := os.Getenv("LOOK"); file != "" {
			cmd := exec.Command("import", "-window", "root", file)
			cmd.Env = d.Env
			_ = cmd.Run()
		}
		if err := d.Answer(ctx, yes); err != nil {
			t.Fatal(err)
		}
		<-p.Done()
		if (p.Err() == nil) != yes {
			t.Errorf("answered %v, zenity ended with %v", yes, p.Err())
		}
	}
}
