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

func TestWrittenScopesAreRead(t *testing.T) {
	scopes := []Scope{
		{ID: "1", Name: "A <b>", Devices: Matcher{Tags: []string{"x"}}, Users: Matcher{Names: []string{"u*"}}, Settings: map[Key]string{HoursKey: "Mon 08:00-09:00 UTC\nTue 08:00-09:00 UTC"}},
		{ID: "2", Name: "B", Settings: map[Key]string{RemoteSupportKey: "true"}},
	}
	var b strings.Builder
	if err := WriteScopes(&b, scopes); err != nil {
		t.Fatal(err)
	}
	if want := `{"scope":{"id":"2","name":"B","settings":{"remote_support":"true"}}}`; !strings.Contains(b.String(), want+"\n") {
		t.Errorf("%s", b.String())
	}
	b.WriteString(`{"case": "x", "device": {"tags": ["x"], "user": "uwe"}, "at": "2026-01-05T08:30:00Z", "want": {"allowed": true, "scope": "B"}, "settings": {"hours": "Mon 08:00-09:00 UTC;Tue 08:00-09:00 UTC"}}`)
	r, err := RunCases(strings.NewReader(b.String()))
	if err != nil || len(r) != 1 || len(r[0].Failures) > 0 {
		t.Errorf("%+v %v", r, err)
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
