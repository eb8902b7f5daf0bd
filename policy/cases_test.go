package policy

import (
	"os"
	"strings"
	"testing"
)

func TestGoldenCases(t *testing.T) {
	f, err := os.Open("testdata/scopes.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	results, err := RunCases(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		for _, fail := range r.Failures {
			t.Errorf("line %d, %s: %s", r.Line, r.Name, fail)
		}
	}
}

func TestCasesFail(t *testing.T) {
	const scope = `{"scope": {"name": "A", "settings": {"remote_support": "on"}}}` + "\n"
	r, err := RunCases(strings.NewReader(scope + `{"case": "x", "want": {"allowed": false, "code": "policy_denied", "scope": "B"}, "settings": {"approval": "off"}}`))
	if err != nil || len(r) != 1 || len(r[0].Failures) != 4 || r[0].Line != 2 {
		t.Fatalf("%+v %v, want four failures in line 2", r, err)
	}
	for name, file := range map[string]string{
		"empty":          "# nothing\n",
		"no case":        scope,
		"not JSON":       "case",
		"two objects":    `{"case": "x", "want": {"allowed": true}} {}`,
		"unknown field":  `{"case": "x", "wants": {}}`,
		"nothing wanted": `{"case": "x"}`,
		"late scope":     `{"case": "x", "want": {"allowed": false}}` + "\n" + scope,
		"bad scope":      `{"scope": {"name": "A", "settings": {"remote_support": "maybe"}}}`,
		"same name":      scope + scope,
		"bad permission": `{"case": "x", "rep": {"permissions": ["all"]}, "want": {"allowed": false}}`,
		"bad key":        `{"case": "x", "settings": {"remote": "on"}}`,
		"long line":      `{"case": "` + strings.Repeat("x", maxCaseLine) + `"}`,
	} {
		if _, err := RunCases(strings.NewReader(file)); err == nil {
			t.Errorf("%s: is taken", name)
		}
	}
}

func FuzzCases(f *testing.F) {
	b, err := os.ReadFile("testdata/scopes.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		f.Add(line)
	}
	f.Fuzz(func(_ *testing.T, s string) {
		_, _ = RunCases(strings.NewReader(s))
	})
}
