package desk

import (
	"fmt"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// closeAction is the terminal record of every session that its endpoint was asked
// about.
const closeAction = "session.close"

// actionName is what a step is called in the audit log. A request that ends
// before its endpoint is asked ends by the name of what ended it.
func actionName(before, after support.Session, v support.Verb) string {
	asked := before.Phase == support.Requested || before.Phase == support.Approved
	switch {
	case v == support.Request:
		return "request.create"
	case v == support.Approve:
		return approveAction
	case v == support.Reject:
		return denyAction
	case v == support.Lapse:
		return "request.expire"
	case asked && v == support.Cancel:
		return "request.cancel"
	case after.Phase.Final():
		return closeAction
	default:
		return "session." + v.String()
	}
}

// record is the audit record of a step: the terminal one for the last, and one
// named after the command for the others.
func record(before, after support.Session, w store.Request, a action) (store.Record, error) {
	r := store.Record{
		At: a.At, Actor: a.actor, ActorName: a.actorName, Object: "device:" + after.Device, ObjectName: after.DeviceName,
		Action: actionName(before, after, a.Verb), Result: ok, Session: after.ID.String(), Detail: a.Detail,
	}
	if strings.HasPrefix(r.Action, "request.") {
		r.Object = "request:" + after.Request
	}
	var err error
	if a.evidence != nil {
		if r.Evidence, err = audit.Evidence(a.evidence); err != nil {
			return r, err
		}
	}
	switch {
	case after.Phase.Final():
		r.Result = outcome(after)
		r.Detail = summary(before, after, w, a)
	case a.Verb == support.Request && w.Button != "":
		r.Detail = fmt.Sprintf("device=%q user=%q name=%q reason=%q button=%q queue=%q", after.DeviceName, after.User, w.Name, w.Reason, w.ButtonTitle, w.QueueName)
	case a.Verb == support.Request:
		r.Detail = fmt.Sprintf("device=%q user=%q name=%q email=%q phone=%q reason=%q", after.DeviceName, after.User, w.Name, w.Email, w.Phone, w.Reason)
	case a.Verb == support.Visit:
		r.Detail = fmt.Sprintf("path=%s name=%q queue=%q rep=%q from=%s", after.Path, after.DeviceName, after.Queue, after.Rep.Name, a.Detail)
	case a.Verb == support.Approve:
		r.Detail = fmt.Sprintf("device=%q user=%q name=%q permissions=%s", after.DeviceName, after.User, w.Name, permissions(after))
	case a.Verb == support.Start || a.Verb == support.Offer:
		r.Detail = fmt.Sprintf("path=%s user=%q permissions=%s expiry=%s recorded=%t", after.Path, after.User, permissions(after), after.MaxDuration, after.Recorded)
	case a.Verb >= support.Invite:
		r.Detail = together(before, a)
	case a.Verb == support.Allow:
		r.Detail = fmt.Sprintf("permissions=%s %s", permissions(after), a.Detail)
	}
	return r, nil
}

// together is what reps do with each other in a session, in words.
func together(s support.Session, a action) string {
	var parts []string
	add := func(key, value string) {
		if value != "" {
			parts = append(parts, fmt.Sprintf("%s=%q", key, value))
		}
	}
	i := a.Invitation
	for _, o := range s.Invitations {
		if o.ID == a.InvitationID {
			i = o
		}
	}
	add("to", i.ToName)
	add("issue", i.Issue)
	if i.Transfer {
		parts = append(parts, "transfer=true")
	}
	if g := a.guest; g != nil {
		parts = append(parts, "external=true")
		add("policy", g.PolicyName)
		add("allows", strings.Join(g.Capabilities, ","))
		add("description", g.Description)
		add("comments", g.Comments)
		add("email", g.Email)
		add("from", a.from)
	}
	for _, p := range append([]support.Participant{{Rep: s.Rep}}, s.Participants...) {
		if a.Target != "" && p.ID == a.Target {
			add("rep", p.Name)
		}
	}
	if a.Verb == support.Pass && a.Target == "" {
		parts = append(parts, "rep=none")
	}
	add("owner", a.Successor.Rep.Name)
	add("queue", a.Successor.Queue)
	add("detail", a.Detail)
	return strings.Join(parts, " ")
}

// outcome is the result that the terminal record shows.
func outcome(s support.Session) string {
	if s.Code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		return ok
	}
	return wire.CodeName(s.Code)
}

// summary is everything about a session that is over: who, whom, how, when.
func summary(before, s support.Session, w store.Request, a action) string {
	requester := s.Rep.Name
	if w.ID != "" {
		requester = w.Name
	}
	parts := []string{
		"outcome=" + s.Phase.String(),
		"ended_by=" + endedBy(s.By),
		"command=" + a.Verb.String(),
		"during=" + before.Phase.String(),
		fmt.Sprintf("requester=%q", requester),
		fmt.Sprintf("device=%q", s.DeviceName),
		fmt.Sprintf("user=%q", s.User),
		"path=" + s.Path,
		"permissions=" + permissions(s),
		"requested=" + stamp(s.StartedAt),
	}
	if w.ID != "" {
		parts = append(parts, "request="+w.ID, fmt.Sprintf("rep=%q", s.Rep.Name))
	}
	if !s.ConsentAt.IsZero() {
		parts = append(parts, "consent="+stamp(s.ConsentAt), "duration="+s.EndedAt.Sub(s.ConsentAt).Round(time.Second).String())
	}
	parts = append(parts, "ended="+stamp(s.EndedAt))
	if s.Detail != "" {
		parts = append(parts, fmt.Sprintf("detail=%q", s.Detail))
	}
	return strings.Join(parts, " ")
}

func endedBy(by wirepb.EndedBy) string {
	return strings.ToLower(strings.TrimPrefix(by.String(), "ENDED_BY_"))
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func permissions(s support.Session) string {
	names := make([]string, len(s.Permissions))
	for i, p := range s.Permissions {
		names[i] = strings.ToLower(strings.TrimPrefix(p.String(), "PERMISSION_"))
	}
	return strings.Join(names, ",")
}
