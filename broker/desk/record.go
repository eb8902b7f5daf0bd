package desk

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// closeAction is the terminal record of every session.
const closeAction = "session.close"

// record is the audit record of a step: "session.close" for the last one,
// "session.start", "session.allow" and so on for the others.
func record(before, after support.Session, a action) (store.Record, error) {
	r := store.Record{
		At: a.At, Actor: a.actor, ActorName: a.actorName, Object: "device:" + after.Device, ObjectName: after.DeviceName,
		Action: "session." + a.Verb.String(), Result: ok, Session: after.ID.String(), Detail: a.Detail,
	}
	if a.evidence != nil {
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(a.evidence)
		if err != nil {
			return r, fmt.Errorf("encode evidence: %w", err)
		}
		r.Evidence = b
	}
	switch {
	case after.Phase.Final():
		r.Action = closeAction
		r.Result = outcome(after)
		r.Detail = summary(before, after, a)
	case a.Verb == support.Start:
		r.Detail = fmt.Sprintf("path=%s user=%q permissions=%s", after.Path, after.User, permissions(after))
	case a.Verb == support.Allow:
		r.Detail = fmt.Sprintf("permissions=%s %s", permissions(after), a.Detail)
	}
	return r, nil
}

// outcome is the result that the terminal record shows.
func outcome(s support.Session) string {
	if s.Code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		return ok
	}
	return wire.CodeName(s.Code)
}

// summary is everything about a session that is over: who, whom, how, when.
func summary(before, s support.Session, a action) string {
	parts := []string{
		"outcome=" + s.Phase.String(),
		"ended_by=" + strings.ToLower(strings.TrimPrefix(s.By.String(), "ENDED_BY_")),
		"command=" + a.Verb.String(),
		"during=" + before.Phase.String(),
		fmt.Sprintf("requester=%q", s.Rep.Name),
		fmt.Sprintf("device=%q", s.DeviceName),
		fmt.Sprintf("user=%q", s.User),
		"path=" + s.Path,
		"permissions=" + permissions(s),
		"requested=" + stamp(s.StartedAt),
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

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func permissions(s support.Session) string {
	names := make([]string, len(s.Permissions))
	for i, p := range s.Permissions {
		names[i] = strings.ToLower(strings.TrimPrefix(p.String(), "PERMISSION_"))
	}
	return strings.Join(names, ",")
}
