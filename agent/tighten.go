package agent

import "github.com/alongside-remote/alongside/policy"

// tighten takes from the session that runs what the policy in force no longer
// permits. It is for good: a looser policy gives nothing back to a session, whose
// person saw it taken. Where the input goes, each view begins anew in the helper,
// which lets go of every key and button and takes no input from then on.
func (a *agent) tighten() {
	s := a.session
	if s == nil {
		return
	}
	left := policy.Permits(a.Floor, a.effective(), s.may)
	if len(left) == len(s.may) {
		return
	}
	control := s.control()
	s.may = left
	s.log.Info("policy takes from the session", "left", left)
	if s.phase != phaseActive {
		return
	}
	a.curbFiles(s)
	if control && !s.control() {
		a.router.gap()
		for _, v := range a.router.all() {
			a.openView(v)
		}
	}
	a.tellExchange()
	a.keepRestriction()
	a.showMode()
}
