//go:build linux

package installer

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/packaging/linux"
)

// What looks for newer versions runs outside of the service and can write the program's
// folder alone; the trial's unit is one that systemd takes, and starts the last program.
func TestD25_UpdatesRunOutsideOfTheService(t *testing.T) {
	p := newPlayed(t)
	must(t, p.Install(p.program))
	must(t, p.Update(t.Context(), "fetch"))
	got := p.ran[0]
	for _, want := range []string{"systemd-run --quiet --collect --wait ", " --property=CapabilityBoundingSet= ", " --property=ProtectSystem=strict ", " --property=ReadWritePaths=/opt/alongside "} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if !strings.HasSuffix(got, " -- /opt/alongside/alongside update fetch") {
		t.Errorf("ran %q", got)
	}
	p.ran = nil
	must(t, p.Restart(t.Context()))
	must(t, p.Settle(t.Context()))
	if want := "systemctl reset-failed alongside.service, systemctl restart alongside.service, systemctl start --no-block alongside-update.service"; strings.Join(p.ran, ", ") != want {
		t.Errorf("ran %q", p.ran)
	}
	if !strings.Contains(linux.UpdateUnit, "\nExecStart="+linux.LastProgram+" update settle\n") {
		t.Error("the unit starts something else")
	}
	there := filepath.Join(t.TempDir(), "alongside-update.service") // with a program that is here
	must(t, os.WriteFile(there, []byte(strings.ReplaceAll(linux.UpdateUnit, "ExecStart="+linux.LastProgram, "ExecStart="+p.Root+machineFolder+"/alongside")), 0o600))
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", there).CombinedOutput()
	if err != nil || strings.Contains(string(out), "alongside-update.service") {
		t.Errorf("systemd-analyze verify: %v: %s", err, out)
	}
}
