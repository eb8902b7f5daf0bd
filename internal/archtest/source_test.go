package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// maxLines is where a file is to be split by direction or subject.
const maxLines = 400

// eachFile calls f with the path below the root and the content of every file
// of ours with that ending.
func eachFile(t *testing.T, ext string, f func(path, content string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == "node_modules" || name == ".git" || name == "gen" || name == "dist" || name == "artifacts") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ext) || strings.HasSuffix(name, ".pb.go") || strings.HasSuffix(name, ".connect.go") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f(filepath.ToSlash(rel), string(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNoFileIsTooLong(t *testing.T) {
	for _, ext := range []string{".go", ".ts", ".tsx"} {
		eachFile(t, ext, func(path, content string) {
			if n := strings.Count(content, "\n"); n > maxLines {
				t.Errorf("%s has %d lines, the limit is %d", path, n, maxLines)
			}
		})
	}
}

// TestOneInsecureSkipVerify: certificates are checked by pin in one file, which
// every other place uses (security: no silent fall-back of TLS).
func TestOneInsecureSkipVerify(t *testing.T) {
	var found []string
	eachFile(t, ".go", func(path, content string) {
		if !strings.HasSuffix(path, "_test.go") && !strings.HasPrefix(path, "internal/archtest/") && strings.Contains(content, "InsecureSkipVerify:") {
			found = append(found, path)
		}
	})
	if len(found) != 1 || !strings.HasPrefix(found[0], "transport/") {
		t.Errorf("InsecureSkipVerify is set in %v, want exactly one file of transport", found)
	}
}

// TestNoShell: programs are started by argv, never through a shell. What the harness's
// descriptions of endpoints hold are lines for a shell.
func TestNoShell(t *testing.T) {
	shell := regexp.MustCompile(`exec\.Command(Context)?\([^)]*"(/bin/)?(ba|da|z)?sh"|"cmd(\.exe)?", *"/c"|"powershell`)
	eachFile(t, ".go", func(path, content string) {
		if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "internal/archtest/") || strings.HasPrefix(path, "bench/idle/") {
			return
		}
		if m := shell.FindString(content); m != "" {
			t.Errorf("%s starts a shell: %s", path, m)
		}
	})
}

// TestConsoleWritesNoMarkup: text reaches the page as text only.
func TestConsoleWritesNoMarkup(t *testing.T) {
	markup := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|\beval\(|new Function\(`)
	for _, ext := range []string{".ts", ".tsx"} {
		eachFile(t, ext, func(path, content string) {
			if strings.HasPrefix(path, "broker/console/src/") {
				if m := markup.FindString(content); m != "" {
					t.Errorf("%s uses %s", path, m)
				}
			}
		})
	}
}

func TestNoInitAndNoReplace(t *testing.T) {
	initFunc := regexp.MustCompile(`(?m)^func init\(\)`)
	eachFile(t, ".go", func(path, content string) {
		if initFunc.MatchString(content) {
			t.Errorf("%s has an init function", path)
		}
	})
	b, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if regexp.MustCompile(`(?m)^replace`).Match(b) {
		t.Error("go.mod has a replace")
	}
}
