package agent

// tighten takes from the session that runs what the policy in force no longer
// permits. It is for good: a looser policy gives nothing back to a session, whose
// person saw it taken. Each view begins anew in the helper, which lets go of every
// key and button and takes no input from then on.
func (a *agent) tighten() {
	s := a.session
	if s == nil || s.viewOnly || !a.effective().ViewOnly || !s.control() {
		return
	}
	s.viewOnly = true
	s.log.Info("session is view only from now on")
	if s.phase != phaseActive {
		return
	}
	a.router.gap()
	for _, v := range a.router.all() {
		a.openView(v)
	}
	a.showMode()
}
