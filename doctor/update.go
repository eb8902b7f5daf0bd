package doctor

import (
	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/update"
)

// updates says where newer versions of the program come from, and what became of the last.
func updates(c Config) Finding {
	f := Finding{Name: "updates", State: Works}
	floor, err := agent.ReadFloor(c.Floor)
	switch {
	case c.Place == "":
		f.Detail = "newer versions come by whatever installed this program"
		return f
	case err != nil:
		f.State, f.Detail = Unknown, "the machine's policy cannot be used"
		return f
	case !floor.Updates.On():
		f.Detail = "off: the machine's policy names no mirror and root"
		return f
	}
	j, err := update.ReadJournal(c.Place)
	f.Detail = "from " + floor.Updates.Mirror + ", " + floor.Updates.Channel
	switch {
	case err != nil:
		f.State, f.Reason, f.Detail = Limited, "journal_unreadable", err.Error()
	case j.Trial != nil:
		f.Detail += "; " + j.Trial.To + " is on trial"
	case j.Last != nil && j.Last.Reason == update.Installed:
		f.Detail += "; " + j.Last.Version + " was installed"
	case j.Last != nil:
		f.State, f.Reason = Limited, string(j.Last.Reason)
		f.Detail = j.Last.Version + " was tried and taken back: " + j.Last.Detail
		f.Advice = "Nothing has to be done: the version before it runs. Tell whoever releases."
	}
	return f
}
