package tray

import (
	"testing"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func rep(name string) *wirepb.Participant { return &wirepb.Participant{RepId: name, Name: name} }

func external(name string) *wirepb.Participant {
	return &wirepb.Participant{RepId: name, Name: name, External: true}
}

func TestO28_O30_EverybodyIsNamedAndExternalOnesAsSuch(t *testing.T) {
	for name, c := range map[string]struct {
		owner  string
		others []*wirepb.Participant
		full   string
		brief  string
		menu   string
	}{
		"alone":      {"Ana", nil, "Ana (IT)", "Ana (IT)", "Ana is connected"},
		"two":        {"Ana", []*wirepb.Participant{rep("Ben")}, "Ana (IT) and Ben", "Ana (IT) and Ben", "Ana and Ben are connected"},
		"external":   {"Ana", []*wirepb.Participant{external("Vera")}, "Ana (IT) and Vera (external)", "Ana (IT) and Vera (external)", "Ana and Vera (external) are connected"},
		"three":      {"Ana", []*wirepb.Participant{rep("Ben"), external("Vera")}, "Ana (IT), Vera (external) and Ben", "Ana (IT) and 2 more (1 external)", "Ana, Vera (external) and Ben are connected"},
		"four":       {"Ana", []*wirepb.Participant{rep("Ben"), rep("Cy"), rep("Di")}, "Ana (IT), Ben and 2 more", "Ana (IT) and 3 more", "Ana, Ben and 2 more are connected"},
		"externals":  {"Ana", []*wirepb.Participant{rep("Ben"), external("Vera"), external("Wim")}, "Ana (IT), Vera (external) and 2 more (1 external)", "Ana (IT) and 3 more (2 external)", "Ana, Vera (external) and 2 more (1 external) are connected"},
		"no owner":   {"", []*wirepb.Participant{rep("Ben"), external("Vera")}, "Vera (external) and Ben (IT)", "Vera (external) and Ben (IT)", "Vera (external) and Ben are connected"},
		"no name":    {"", nil, "Somebody (IT)", "Somebody (IT)", "Somebody is connected"},
		"hostile":    {"A\u202ena", []*wirepb.Participant{rep("B\nen\x1b[31m"), external("\u200b")}, "Ana (IT), Somebody (external) and B en[31m", "Ana (IT) and 2 more (1 external)", "Ana, Somebody (external) and B en[31m are connected"},
		"is cleaned": {"\x00", []*wirepb.Participant{}, "Somebody (IT)", "Somebody (IT)", "Somebody is connected"},
	} {
		t.Run(name, func(t *testing.T) {
			ps := peopleOf(&ipcpb.Banner{RepName: c.owner, Participants: c.others})
			if got := crowd(words.Words{}, ps, "IT", prompt.MaxName, false); got != c.full {
				t.Errorf("%q, want %q", got, c.full)
			}
			if got := crowd(words.Words{}, ps, "IT", prompt.MaxName, true); got != c.brief {
				t.Errorf("in brief %q, want %q", got, c.brief)
			}
			k := standing(func(*ipcpb.TrayStatus) {})
			k.banner = &notch{reps: ps}
			if got := k.menu().status; got != c.menu {
				t.Errorf("menu %q, want %q", got, c.menu)
			}
		})
	}
}
