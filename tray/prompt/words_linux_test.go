package prompt

import (
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/tray/internal/words"
)

// What may be done to the person is in the question, with the keys that end it.
func TestX15_TheQuestionTellsWhatMayBeDone(t *testing.T) {
	for lang, keys := range map[words.Language]string{words.English: "Ctrl+Alt+Del", words.German: "Strg+Alt+Entf", words.French: "Ctrl+Alt+Suppr"} {
		w := words.In(lang)
		said := map[string]bool{}
		for _, r := range []ConsentRequest{{Restrict: true}, {Darken: true}, {Restrict: true, Darken: true}} {
			r.Control = true
			text := r.plain(w)
			if strings.Count(text, keys) != 1 || said[text] {
				t.Errorf("%v, %+v: %q", lang, r, text)
			}
			said[text] = true
		}
		if text := (ConsentRequest{Control: true}).plain(w); strings.Contains(text, keys) {
			t.Errorf("%v, nothing of it: %q", lang, text)
		}
	}
}
