package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/support"
)

// Limits of mails about invitations, for each address.
const (
	inviteBurst = 10
	inviteEvery = time.Minute // one more
)

// Inviter mails reps who have no console open about invitations to sessions.
type Inviter struct {
	sender *Sender
	log    *slog.Logger
	now    func() time.Time
	// queue is the address of the console's page of what waits for a rep.
	queue        func() string
	organisation func() string
	limit        *account.Limiter // by account
}

// NewInviter makes an inviter. queue is where the page of what waits for a rep is.
func NewInviter(s *Sender, log *slog.Logger, now func() time.Time, queue, organisation func() string) *Inviter {
	return &Inviter{sender: s, log: log, now: now, queue: queue, organisation: organisation, limit: account.NewLimiter(inviteEvery, inviteBurst)}
}

// Invited queues a mail about an invitation. Whoever gets too many gets no more for
// a while: the invitation is in their queue all the same.
func (v *Inviter) Invited(ctx context.Context, to store.Account, i support.Invitation, device string) {
	if !v.limit.Allow(to.ID, v.now()) {
		v.log.WarnContext(ctx, "too many invitations to mail", "rep", to.ID)
		return
	}
	if err := v.sender.Send(ctx, v.message(to, i, device)); err != nil && !errors.Is(err, ErrOff) {
		v.log.WarnContext(ctx, "mail about invitation", "rep", to.ID, "error", err)
	}
}

// On says whether mail is sent at all.
func (v *Inviter) On(ctx context.Context) (bool, error) {
	set, _, _, err := v.sender.Settings(ctx)
	return set.Enabled, err
}

// Link queues a mail with the link of a guest. Too many from one rep are refused.
func (v *Inviter) Link(ctx context.Context, g store.Guest, from support.Rep, link account.Secret) error {
	if !v.limit.Allow("links:"+from.ID, v.now()) {
		return errTooMany
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s,\n\n%s of %s invites you to a support session. Open this link to come in:\n%s\n\n",
		line(g.Name), line(from.Name), line(v.organisation()), link.Reveal())
	fmt.Fprintf(&b, "It lets one person in, once, until %s or until the session is over.\n", g.ExpiresAt.UTC().Format("2006-01-02 15:04 UTC"))
	b.WriteString("Whoever has the link can use it: do not pass it on.\n")
	return v.sender.Send(ctx, Message{To: g.Email, Subject: text.Line("Invitation to a support session: "+line(from.Name), maxSubject), Text: b.String()})
}

var errTooMany = errors.New("too many links were mailed for this rep")

// message is the mail. What people and devices are called is plain text on one line.
func (v *Inviter) message(to store.Account, i support.Invitation, device string) Message {
	what := "asks you to join a support session"
	if i.Transfer {
		what = "offers you a support session to take over"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s %s. Answer here, after signing in:\n%s\n\n", line(i.From.Name), line(v.organisation()), what, v.queue())
	for _, f := range []struct{ label, value string }{
		{"Device", device}, {"To", i.ToName}, {"Issue", i.Issue}, {"Asked at", i.SentAt.UTC().Format("2006-01-02 15:04 UTC")},
	} {
		if s := line(f.value); s != "" {
			fmt.Fprintf(&b, "%s: %s\n", f.label, s)
		}
	}
	b.WriteString("\nThe invitation stands until somebody answers it, it is taken back or the session ends.\n" +
		"You get this mail because you said to be reached by mail while you are not signed in.\n")
	return Message{To: to.Email, Subject: text.Line("Invitation to a session: "+line(device)+", "+line(i.From.Name), maxSubject), Text: b.String()}
}
