package audit_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/broker/audit"
)

func TestChangesTellOnlyWhatChanges(t *testing.T) {
	var none, some audit.Changes
	none.Add("name", "Ada", "Ada")
	if got := none.String(); got != "nothing changed" {
		t.Errorf("without a change it says %q", got)
	}
	some.Add("name", "Ada", "Ada")
	some.Add("team", "", "Base")
	some.AddText("greeting", "", "one; two: a → b")
	some.AddReplaced("logo")
	if got, want := some.String(), `team: none → Base; greeting: "" → "one; two: a → b"; logo: replaced`; got != want {
		t.Errorf("it says %s, want %s", got, want)
	}
}

// What is cut can still be proved, and no rune is.
func TestLongValuesAreCutAndTellTheirHash(t *testing.T) {
	long := strings.Repeat("ä", 300)
	for most, kept := range map[int]int{0: 200, 101: 50, 600: 300} {
		c := audit.Changes{Longest: most}
		c.Add("text", "", long)
		want := "text: none → " + long[:2*kept]
		if kept < 300 {
			want += fmt.Sprintf("… (600 bytes, SHA-256 %x)", sha256.Sum256([]byte(long)))
		}
		if got := c.String(); got != want {
			t.Errorf("with %d bytes it says %q, want %q", most, got, want)
		}
	}
}
