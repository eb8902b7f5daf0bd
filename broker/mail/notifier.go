package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/support"
)

// Limits of mails about requests, whatever devices send.
const (
	noticeBurst = 30
	noticeEvery = time.Minute // one more
	// maxField bounds one line of a mail, in bytes.
	maxField = 1000
	// maxSubject bounds what devices say in a subject.
	maxSubject = 120
)

// NotifierConfig is what a notifier needs.
type NotifierConfig struct {
	Sender *Sender
	Store  *store.Store
	Hub    *live.Hub
	Log    *slog.Logger
	Now    func() time.Time
	// Requests is the address of the console's page of requests.
	Requests     func() string
	Organisation func() string
}

// Notifier mails the addresses of the settings once about each request that
// begins to wait for a decision. What was there before it began is not mailed.
type Notifier struct {
	conf    NotifierConfig
	sub     *live.Subscription
	seen    map[string]bool // requests that wait
	limit   *account.Limiter
	skipped int // since the last mail
}

// NewNotifier makes a notifier, which notices requests from now on. Run mails.
func NewNotifier(ctx context.Context, c NotifierConfig) (*Notifier, error) {
	n := &Notifier{conf: c, sub: c.Hub.Subscribe(), limit: account.NewLimiter(noticeEvery, noticeBurst)}
	waiting, err := c.Store.Requests(ctx, support.WishPending)
	if err != nil {
		n.sub.Cancel()
		return nil, fmt.Errorf("requests that wait: %w", err)
	}
	n.seen = make(map[string]bool, len(waiting))
	for _, q := range waiting {
		n.seen[q.ID] = true
	}
	return n, nil
}

// Run mails until ctx ends.
func (n *Notifier) Run(ctx context.Context) {
	defer func() { n.sub.Cancel() }()
	for {
		select {
		case <-ctx.Done():
			return
		case c, ok := <-n.sub.Changes():
			switch {
			case !ok:
				n.sub = n.conf.Hub.Subscribe()
				n.catchUp(ctx)
			case c.Request != nil:
				n.changed(ctx, *c.Request)
			}
		}
	}
}

// catchUp looks at all requests that wait, after changes were lost.
func (n *Notifier) catchUp(ctx context.Context) {
	waiting, err := n.conf.Store.Requests(ctx, support.WishPending)
	if err != nil {
		n.conf.Log.ErrorContext(ctx, "find requests to mail about", "error", err)
		return
	}
	still := make(map[string]bool, len(waiting))
	for _, q := range waiting {
		n.changed(ctx, q)
		still[q.ID] = true
	}
	n.seen = still
}

func (n *Notifier) changed(ctx context.Context, q store.Request) {
	if q.State != support.WishPending {
		delete(n.seen, q.ID)
		return
	}
	if n.seen[q.ID] {
		return
	}
	n.seen[q.ID] = true
	set, _, _, err := n.conf.Sender.Settings(ctx)
	if err != nil {
		n.conf.Log.ErrorContext(ctx, "mail about request", "request", q.ID, "error", err)
		return
	}
	if !set.Enabled || len(set.Notify) == 0 {
		return
	}
	if !n.limit.Allow("", n.conf.Now()) {
		n.skipped++
		return
	}
	m := n.message(q)
	n.skipped = 0
	for _, m.To = range set.Notify {
		if err := n.conf.Sender.Send(ctx, m); err != nil && !errors.Is(err, ErrOff) {
			n.conf.Log.WarnContext(ctx, "mail about request", "request", q.ID, "error", err)
		}
	}
}

// message is the mail about a request. What the device and its user say is
// plain text on one line each, behind its label.
func (n *Notifier) message(q store.Request) Message {
	var b strings.Builder
	fmt.Fprintf(&b, "A customer of %s asks for support. Approve or deny it here:\n%s\n\n", line(n.conf.Organisation()), n.conf.Requests())
	for _, f := range []struct{ label, value string }{
		{"Device", q.DeviceName},
		{"User", q.User},
		{"Name", q.Name},
		{"E-mail", q.Email},
		{"Phone", q.Phone},
		{"Reason", q.Reason},
		{"Asked at", q.At.UTC().Format("2006-01-02 15:04 UTC")},
	} {
		if v := line(f.value); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", f.label, v)
		}
	}
	b.WriteString("\nWhat stands behind the names above was typed at the device and is not verified.\n")
	if n.skipped > 0 {
		fmt.Fprintf(&b, "There were too many requests to mail about each: %d more came since the last mail.\n", n.skipped)
	}
	return Message{Subject: text.Line("Support request: "+line(q.DeviceName)+", "+line(q.Name), maxSubject), Text: b.String()}
}

// line is a text as one line, with single spaces.
func line(s string) string { return strings.Join(strings.Fields(text.Line(s, maxField)), " ") }
