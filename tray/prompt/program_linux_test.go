package prompt

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// asker is set for the test's own program when it shall ask and be killed.
const asker = "PROMPT_TEST_ASKER"

func TestMain(m *testing.M) {
	if os.Getenv(asker) != "" {
		_, _, err := program{path: "/bin/sleep"}.run(context.Background(), "1000")
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// TestAQuestionDoesNotOutliveItsAsker: the tray may be killed at any time.
func TestAQuestionDoesNotOutliveItsAsker(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = []string{asker + "=1"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var child []byte
	until(t, "the program is there", func() bool {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", cmd.Process.Pid))
		for _, f := range tasks {
			if b, err := os.ReadFile(f); err == nil && len(bytes.TrimSpace(b)) > 0 {
				child = bytes.TrimSpace(b)
				return true
			}
		}
		return false
	})
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	until(t, "the program is gone", func() bool {
		b, err := os.ReadFile("/proc/" + string(child) + "/stat")
		return err != nil || bytes.Contains(b, []byte(") Z "))
	})
}

func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !cond(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
