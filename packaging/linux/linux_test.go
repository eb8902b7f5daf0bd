//go:build linux

package linux_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/test/bed"
)

// files is all that both packages install, with type and mode; nothing else but
// what is debs'.
var files = map[string]fs.FileMode{
	"/etc/alongside":                                       fs.ModeDir | 0o755,
	"/usr/bin/alongside":                                   0o755,
	"/usr/lib/systemd/system/alongside.path":               0o644,
	"/usr/lib/systemd/system/alongside.service":            0o644,
	"/usr/share/applications/alongside.desktop":            0o644,
	"/usr/share/doc/alongside":                             fs.ModeDir | 0o755,
	"/usr/share/doc/alongside/copyright":                   0o644,
	"/usr/share/doc/alongside/policy.toml":                 0o644,
	"/usr/share/icons/hicolor/48x48/apps/alongside.png":    0o644,
	"/usr/share/icons/hicolor/scalable/apps/alongside.svg": 0o644,
}

// debs is what the deb has beside: for machines without systemd, which no system
// with rpm is.
var debs = map[string]fs.FileMode{
	"/etc/init.d/alongside":                     0o755,
	"/usr/share/doc/alongside/alongside.openrc": 0o644,
}

// mostExposed is what `systemd-analyze security` may say at most, in tenths, of the unit
// without a machine around it. docs/DEPLOYING.md says it, too.
const mostExposed = 40

// build packs a program into a folder and returns both packages.
func build(t *testing.T, program, version, arch, dir string) (deb, rpm string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "./build.sh", program, version, arch, dir)
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1700000000")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	lines := strings.Fields(string(out))
	if err != nil || len(lines) != 2 {
		t.Fatalf("build.sh: %v: %q", err, out)
	}
	return lines[0], lines[1]
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q (`make deps` installs what is missing): %v\n%s", name, args, err, out)
	}
	return string(out)
}

// TestPackages builds both packages around the program of this machine and looks
// at what is in them. That they install, run and go away is test/beds/nspawn's.
func TestPackages(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "alongside")
	if err := bed.Build(t.Context(), dir, "", "../../cmd/alongside"); err != nil {
		t.Fatal(err)
	}
	deb, rpm := build(t, program, "v1.2.3-4-gabcdef", "amd64", dir)
	if filepath.Base(deb) != "alongside_1.2.3+4.gabcdef_amd64.deb" {
		t.Errorf("the package is called %s", deb)
	}
	root, control := filepath.Join(dir, "root"), filepath.Join(dir, "control")
	run(t, "dpkg-deb", "-x", deb, root)
	run(t, "dpkg-deb", "-e", deb, control)

	t.Run("Contents", func(t *testing.T) { contents(t, deb, rpm) })
	t.Run("Program", func(t *testing.T) {
		want, _ := os.ReadFile(program)
		if got, err := os.ReadFile(filepath.Join(root, "usr/bin/alongside")); err != nil || !bytes.Equal(got, want) {
			t.Errorf("another program: %d bytes of %d, %v", len(got), len(want), err)
		}
	})
	t.Run("Versions", versions)
	t.Run("Scripts", func(t *testing.T) { scripts(t, control, rpm) })
	t.Run("Units", func(t *testing.T) { units(t, root) })
	t.Run("Menu", func(t *testing.T) {
		run(t, "desktop-file-validate", filepath.Join(root, "usr/share/applications/alongside.desktop"))
	})
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func contents(t *testing.T, deb, rpm string) {
	listed := regexp.MustCompile(`(?m)^(\S{10})\s.*?\s\.?(/\S*)$`)
	for name, list := range map[string]string{
		"deb": run(t, "dpkg-deb", "-c", deb),
		"rpm": run(t, "rpm", "-qlvp", "--nosignature", rpm),
	} {
		got := map[string]string{}
		for _, m := range listed.FindAllStringSubmatch(list, -1) {
			path := strings.TrimSuffix(m[2], "/")
			if _, ours := files[path]; m[1][0] == 'd' && !ours {
				continue // a folder of the system's
			}
			got[path] = m[1]
			if !strings.Contains(m[0], "root") {
				t.Errorf("%s: %s is not root's", name, m[0])
			}
		}
		want := map[string]string{}
		for path, mode := range files {
			want[path] = mode.String()
		}
		if name == "deb" {
			for path, mode := range debs {
				want[path] = mode.String()
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s has %v, want %v", name, got, want)
		}
	}
	if text := run(t, "rpm", "-K", "--nosignature", rpm); !strings.Contains(text, "digests OK") {
		t.Error(text)
	}
}

// versions checks that what `git describe` says becomes a version that package
// managers put after the one before.
func versions(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "alongside")
	if err := os.WriteFile(program, []byte("stands for a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	last := ""
	for _, described := range []string{"1234567", "v1.0.0", "v1.0.0-3-gabc-dirty", "v1.0.1"} {
		deb, _ := build(t, program, described, "arm64", dir)
		version := strings.TrimSpace(run(t, "dpkg-deb", "-f", deb, "Version"))
		if arch := strings.TrimSpace(run(t, "dpkg-deb", "-f", deb, "Architecture")); arch != "arm64" {
			t.Errorf("for arm64: %s", arch)
		}
		if last != "" {
			run(t, "dpkg", "--compare-versions", last, "lt", version)
		}
		last = version
		before := content(t, deb)
		if again, _ := build(t, program, described, "arm64", dir); !bytes.Equal(before, content(t, again)) {
			t.Errorf("%s: the same program gave other bytes", described)
		}
	}
}

func scripts(t *testing.T, control, rpm string) {
	for _, name := range []string{"alongside.init", "alongside.openrc"} {
		run(t, "sh", "-n", name)
	}
	want := []string{"postinst", "postrm", "prerm"}
	for _, name := range want {
		path := filepath.Join(control, name)
		run(t, "sh", "-n", path)
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm()&0o111 == 0 {
			t.Errorf("%s is not a program: %v", name, err)
		}
	}
	for _, tag := range []string{"POSTIN", "PREUN", "POSTUN"} {
		script := run(t, "rpm", "-qp", "--nosignature", "--qf", "%{"+tag+"}", rpm)
		path := filepath.Join(t.TempDir(), tag)
		if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, "sh", "-n", path)
		if !strings.Contains(script, "alongside") {
			t.Errorf("%s is %q", tag, script)
		}
	}
}

// units has systemd judge the units, with the program where it was unpacked.
func units(t *testing.T, root string) {
	var paths []string
	for _, name := range []string{"alongside.service", "alongside.path"} {
		unit := string(content(t, filepath.Join(root, "usr/lib/systemd/system", name)))
		path := filepath.Join(t.TempDir(), name)
		unit = strings.ReplaceAll(unit, "ExecStart=", "ExecStart="+root)
		if err := os.WriteFile(path, []byte(unit), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	for _, path := range paths {
		if text := run(t, "systemd-analyze", "verify", "--man=no", path); strings.Contains(text, filepath.Base(path)) {
			t.Error(text)
		}
	}
	text := run(t, "systemd-analyze", "security", "--offline=true", "--no-pager", fmt.Sprintf("--threshold=%d", mostExposed), paths[0])
	m := regexp.MustCompile(`Overall exposure level.*: ([0-9]+)\.([0-9])`).FindStringSubmatch(text)
	if m == nil {
		t.Fatal(text)
	}
	n, err := strconv.Atoi(m[1] + m[2])
	if err != nil || n > mostExposed {
		t.Errorf("%s, %v", m[0], err)
	}
	t.Log(m[0])
	said := fmt.Sprintf("`systemd-analyze security` says %d.%d", mostExposed/10, mostExposed%10)
	if !strings.Contains(string(content(t, "../../docs/DEPLOYING.md")), said) {
		t.Errorf("docs/DEPLOYING.md does not say: %s", said)
	}
}
