package tray

import (
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func TestQ12_TheBannerSaysWhoControls(t *testing.T) {
	holds := rep("Ben")
	holds.Control = true
	for name, c := range map[string]struct {
		b    *ipcpb.Banner
		want string
	}{
		"alone":          {&ipcpb.Banner{RepName: "Ana", Control: true}, "can control"},
		"the owner":      {&ipcpb.Banner{RepName: "Ana", Control: true, Participants: []*wirepb.Participant{rep("Ben")}}, "Ana can control"},
		"another":        {&ipcpb.Banner{RepName: "Ana", Control: true, Participants: []*wirepb.Participant{holds}}, "Ben can control"},
		"nobody":         {&ipcpb.Banner{RepName: "Ana", Participants: []*wirepb.Participant{rep("Ben")}}, "view only"},
		"not permitted":  {&ipcpb.Banner{RepName: "Ana", Participants: []*wirepb.Participant{holds}}, "view only"},
		"while we ask":   {&ipcpb.Banner{RepName: "Ana", Control: true, Paused: true, Participants: []*wirepb.Participant{holds}}, "control paused"},
		"no owner there": {&ipcpb.Banner{Control: true, Participants: []*wirepb.Participant{holds, rep("Cy")}}, "Ben can control"},
	} {
		n := &notch{reps: peopleOf(c.b), control: c.b.Control, paused: c.b.Paused}
		if got := n.mode(words.Words{}, true); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// L13: while it is held the banner says that nobody looks, whoever is named and whatever
// they could do, and nothing else of it.
func TestL13_TheBannerSaysThatNobodyLooks(t *testing.T) {
	holds := rep("Ben")
	holds.Control = true
	for lang, want := range map[words.Language]string{
		words.English: "on hold: nobody is looking", words.German: "gehalten: niemand sieht zu", words.French: "en attente : personne ne regarde",
	} {
		for name, b := range map[string]*ipcpb.Banner{
			"control":   {RepName: "Ana", Held: true, Control: true},
			"view only": {RepName: "Ana", Held: true},
			"we ask":    {RepName: "Ana", Held: true, Control: true, Paused: true},
			"shared":    {RepName: "Ana", Held: true, Control: true, Participants: []*wirepb.Participant{holds}},
		} {
			n := &notch{reps: peopleOf(b), control: b.Control, paused: b.Paused, held: b.Held}
			if got := n.mode(words.In(lang), true); got != want {
				t.Errorf("%v, %s: %q, want %q", lang, name, got, want)
			}
		}
	}
}

// X15: what is held of the person's own, and the keys that take it back, in their language.
func TestX15_TheBannerSaysHowToTakeBack(t *testing.T) {
	for lang, keys := range map[words.Language]string{words.English: "Ctrl+Alt+Del", words.German: "Strg+Alt+Entf", words.French: "Ctrl+Alt+Suppr"} {
		w := words.In(lang)
		taken, dark := (&notch{taken: true, dark: true}).taking(w), (&notch{dark: true}).taking(w)
		if !strings.HasSuffix(taken, keys) || !strings.HasSuffix(dark, keys) || taken == dark {
			t.Errorf("%v: %q, %q", lang, taken, dark)
		}
		if got := (&notch{control: true}).taking(w); got != "" {
			t.Errorf("%v, nothing is held: %q", lang, got)
		}
	}
}
