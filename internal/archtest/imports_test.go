package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/alongside-remote/alongside"

// listed is what `go list -json` says of a package.
type listed struct {
	ImportPath   string
	Dir          string
	Doc          string
	Imports      []string
	TestImports  []string
	XTestImports []string
	GoFiles      []string
}

func list(t *testing.T, goos string) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Doc,Imports,TestImports,XTestImports,GoFiles", module+"/...")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	d := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func match(pattern, pkg string) bool {
	if pattern == "..." {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == base || strings.HasPrefix(pkg, base+"/")
	}
	return pkg == pattern
}

func matchAny(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, pkg) })
}

func ours(imports []string) []string {
	var own []string
	for _, i := range imports {
		if rest, ok := strings.CutPrefix(i, module+"/"); ok {
			own = append(own, rest)
		}
	}
	return own
}

// TestImports holds the table of rules_test.go against every package, per GOOS.
func TestImports(t *testing.T) {
	for _, goos := range []string{"linux", "windows", "darwin"} {
		t.Run(goos, func(t *testing.T) {
			for _, p := range list(t, goos) {
				pkg := strings.TrimPrefix(p.ImportPath, module+"/")
				i := slices.IndexFunc(rules, func(r rule) bool { return match(r.pkg, pkg) })
				if i < 0 {
					t.Errorf("%s has no rule: add one to rules_test.go", pkg)
					continue
				}
				for _, other := range ours(p.Imports) {
					if !matchAny(rules[i].allow, other) {
						t.Errorf("%s imports %s, which rule %q forbids", pkg, other, rules[i].pkg)
					}
					if matchAny(testOnly, other) && !matchAny(testOnly, pkg) {
						t.Errorf("%s imports %s outside a test", pkg, other)
					}
				}
			}
		})
	}
}

// TestEveryPackageHasADoc covers packages that have Go files on this system.
func TestEveryPackageHasADoc(t *testing.T) {
	for _, p := range list(t, "linux") {
		if len(p.GoFiles) > 0 && p.Doc == "" && !strings.HasSuffix(p.ImportPath, "pb") && !strings.HasSuffix(p.ImportPath, "pbconnect") {
			t.Errorf("%s has no package doc", p.ImportPath)
		}
	}
}

// TestPerOSFiles keeps facts about one system below their seams.
func TestPerOSFiles(t *testing.T) {
	suffixes := []string{"_linux.go", "_windows.go", "_darwin.go", "_unix.go"}
	eachFile(t, ".go", func(path, _ string) {
		dir := filepath.ToSlash(filepath.Dir(path))
		name := strings.Replace(filepath.Base(path), "_test.go", ".go", 1)
		for _, s := range suffixes {
			if strings.HasSuffix(name, s) && !matchAny(perOS, dir) && !matchAny(testOnly, dir) {
				t.Errorf("%s: code of one system does not belong into %s", path, dir)
			}
		}
	})
}
