//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/alongside-remote/alongside/bench/report"
)

type reportCmd struct {
	Results  string `help:"What the harness wrote." type:"existingfile" required:""`
	Document string `help:"The document whose generated part is replaced." type:"existingfile" required:""`
	Commit   string `help:"Of what was measured." required:""`
	Options  string `help:"Of the harness."`
}

// packages are those of the peers and of what they run on.
var packages = []string{
	"tigervnc-scraping-server", "tigervnc-standalone-server", "x11vnc", "freerdp2-shadow-x11", "novnc", "chromium", "xvfb",
}

// Run writes the document.
func (c *reportCmd) Run(r *run) error {
	in, err := os.Open(c.Results)
	if err != nil {
		return err
	}
	defer in.Close()
	results, err := report.Read(in)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Results, err)
	}
	old, err := os.ReadFile(c.Document)
	if err != nil {
		return err
	}
	document, err := report.Splice(string(old), results.Markdown(report.Circumstances{
		Date: time.Now().UTC(), Machine: machine(), Versions: versions(r.ctx), Commit: c.Commit, Options: c.Options,
	}))
	if err != nil {
		return err
	}
	return os.WriteFile(c.Document, []byte(document), 0o644)
}

// machine names the processor and the kernel.
func machine() []string {
	cpu := runtime.GOARCH
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if name, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(name) == "model name" {
				cpu = strings.TrimSpace(value)
			}
		}
	}
	var u unix.Utsname
	_ = unix.Uname(&u) // leaves it empty
	return []string{cpu, fmt.Sprintf("%d cores", runtime.NumCPU()), "Linux " + unix.ByteSliceToString(u.Release[:])}
}

// versions are those of Go, of the packages that are installed and of MeshCentral.
func versions(ctx context.Context) []string {
	v := []string{runtime.Version()}
	for _, p := range packages {
		out, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${Package} ${Version}", p).Output()
		if s := strings.TrimSpace(string(out)); err == nil && s != "" {
			v = append(v, s)
		}
	}
	var mesh struct{ Version string }
	content, err := os.ReadFile(filepath.Join(os.Getenv("MESHCENTRAL_DIR"), "node_modules/meshcentral/package.json"))
	if err == nil && json.Unmarshal(content, &mesh) == nil {
		v = append(v, "meshcentral "+mesh.Version)
	}
	return v
}
