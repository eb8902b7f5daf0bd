package prompt

import (
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/words"
)

// Who is asked for more rights reads who wants them, that they are an administrator's,
// until when, and that silence is a No; in every language.
func TestD7_WhoIsAskedForMoreRightsReadsSo(t *testing.T) {
	for lang, administrator := range map[words.Language]string{words.English: "administrator", words.German: "Administrator", words.French: "administrateur"} {
		w := words.In(lang)
		r := ConsentRequest{Rep: "Anna", Organisation: "Contoso IT", Timeout: time.Minute, Elevate: true}
		text := r.plain(w)
		for _, part := range []string{"Anna", "Contoso IT", administrator} {
			if !strings.Contains(text, part) {
				t.Errorf("%s lacks %q: %s", lang, part, text)
			}
		}
		if strings.Contains(text, w.Say(words.WishView)) || r.hint() != words.ElevateHint {
			t.Errorf("%s asks for a session: %s", lang, text)
		}
	}
}
