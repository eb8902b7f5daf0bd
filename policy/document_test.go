package policy

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// row is a setting as docs/POLICY.md shows it.
func row(s Setting) string {
	values := "`" + strings.Join(s.Choices, "`, `") + "`"
	switch s.Kind {
	case Number:
		values = fmt.Sprintf("%d to %d %s", s.Min, s.Max, s.Unit)
	case Text:
		values = "text"
	case Times:
		values = "see below"
	case Bool, Choice:
	}
	value := "`" + s.Default() + "`"
	if s.Default() == "" {
		value = "none"
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s. %s |", s.Key, values, value, s.Title, s.Help)
}

func TestDocumentShowsTheCatalogue(t *testing.T) {
	b, err := os.ReadFile("../docs/POLICY.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Catalogue() {
		if !strings.Contains(string(b), "\n"+row(s)+"\n") {
			t.Errorf("docs/POLICY.md lacks the row\n%s", row(s))
		}
	}
}
