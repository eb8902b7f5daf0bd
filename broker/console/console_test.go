package console

import (
	"bytes"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// What index.html names must be there, and only from our own origin (D20).
func TestD20_IndexNamesOnlyBuiltFiles(t *testing.T) {
	refs := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllSubmatch(Index(), -1)
	if len(refs) < 3 {
		t.Fatalf("index.html names %d files, want icon, style and script", len(refs))
	}
	for _, ref := range refs {
		path, ok := bytes.CutPrefix(ref[1], []byte("/"))
		if !ok {
			t.Errorf("%q is not a path of our origin", ref[1])
			continue
		}
		if _, err := fs.Stat(Files(), string(path)); err != nil {
			t.Errorf("index.html names %s: %v", path, err)
		}
	}
	for _, path := range []string{WorkerScript, "assets/zstd.wasm"} {
		if _, err := fs.Stat(Files(), path); err != nil {
			t.Error(err)
		}
	}
}

func TestD20_NothingInline(t *testing.T) {
	for _, bad := range []string{"<style", " style=", " onload=", "<script>", "javascript:"} {
		if bytes.Contains(Index(), []byte(bad)) {
			t.Errorf("index.html contains %q", bad)
		}
	}
}

// No build may bring in what the policy forbids: evaluation and markup from text.
func TestF_NoSinksInScripts(t *testing.T) {
	for _, path := range []string{"assets/app.js", WorkerScript} {
		b, err := fs.ReadFile(Files(), path)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"eval(", "new Function", "document.write", "insertAdjacentHTML", "outerHTML"} {
			if bytes.Contains(b, []byte(bad)) {
				t.Errorf("%s contains %q", path, bad)
			}
		}
	}
}

func TestD20_OnlyTheWorkerCompilesWasm(t *testing.T) {
	if strings.Contains(Policy("index.html"), "wasm") || !strings.Contains(Policy(WorkerScript), "'wasm-unsafe-eval'") {
		t.Error("wasm-unsafe-eval belongs to the worker and to nothing else")
	}
	for _, path := range []string{"index.html", WorkerScript} {
		if p := Policy(path); strings.Contains(p, "'unsafe-inline'") || strings.Contains(p, "'unsafe-eval'") {
			t.Errorf("policy of %s: %s", path, p)
		}
	}
}
