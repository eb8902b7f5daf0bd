package tray

import (
	"context"
	"crypto/rand"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// wantsHelp opens the request form, where there may be a request.
func (c *core) wantsHelp(ctx context.Context) error {
	switch {
	case !c.status.GetRemoteSupport():
		return c.notice(ctx, c.words.Say(words.NoSupportTitle), c.words.Say(words.SwitchedOff))
	case c.requested():
		return c.notice(ctx, c.words.Say(words.AlreadyRequested), c.menu().status)
	}
	f := recall(c.config)
	f.Reason = ""
	return c.form(ctx, prompt.FormRequest{Fields: f}, nil)
}

// form opens the request form, of which there is one at a time; by is the button
// that was used, or nil.
func (c *core) form(ctx context.Context, r prompt.FormRequest, by *wirepb.Button) error {
	for _, j := range append([]*job{c.active}, c.queue...) {
		if j != nil && j.kind == jobForm {
			return nil
		}
	}
	r.Organisation, r.ReasonMin = c.status.GetOrganisation(), int(c.status.GetReasonMin())
	j := &job{kind: jobForm}
	j.show = func(shown context.Context) func() error {
		f, ok, err := c.prompter.Form(shown, r)
		return func() error { return c.submitted(ctx, r, f, ok, err, by) }
	}
	_, err := c.enqueue(ctx, j)
	return err
}

func (c *core) submitted(ctx context.Context, r prompt.FormRequest, f prompt.Fields, ok bool, err error, by *wirepb.Button) error {
	if err != nil {
		c.log.Warn("request form", "err", err)
		return nil
	}
	if !ok || len(r.Validate(f)) > 0 {
		return nil
	}
	if err := remember(c.config, f); err != nil {
		c.log.Warn("request form", "err", err)
	}
	return c.request(ctx, f, by)
}

// request sends a request, by a button or not.
func (c *core) request(ctx context.Context, f prompt.Fields, by *wirepb.Button) error {
	c.sent, c.used = f, by
	id := make([]byte, 16)
	rand.Read(id)
	if by != nil {
		c.expectAnswer(ctx, id)
	}
	return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Request{Request: &wirepb.SupportRequest{
		Id: id, Name: f.Name, Email: f.Email, Phone: f.Phone, Reason: f.Reason, Button: by.GetId(),
	}}})
}

// requestResult is whether the request was taken; one with a wrong entry comes
// back to the person as it was, with the mark at its field.
func (c *core) requestResult(ctx context.Context, r *ipcpb.RequestResult) error {
	w, by := c.words, c.used
	c.waits = nil
	if r.Code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		c.sent, c.used = prompt.Fields{}, nil
		if by != nil {
			return c.greet(ctx, by)
		}
		return c.notice(ctx, w.Say(words.SentTitle), w.Say(words.Sent))
	}
	if p := prompt.ProblemAt(r.Field); p != nil && c.sent != (prompt.Fields{}) {
		return c.form(ctx, prompt.FormRequest{Fields: c.sent, Refused: p}, by)
	}
	switch r.Code {
	case wirepb.ErrorCode_ERROR_CODE_BUTTON_EXPIRED:
		return c.notice(ctx, w.Say(words.ButtonExpiredTitle), w.Say(words.ButtonExpired))
	case wirepb.ErrorCode_ERROR_CODE_BUTTON_UNKNOWN:
		return c.notice(ctx, w.Say(words.ButtonGoneTitle), w.Say(words.ButtonGone))
	default:
	}
	text := w.Say(words.NotSent)
	if d := prompt.Clean(r.Detail, 200); d != "" {
		text += "\n" + d
	}
	return c.notice(ctx, w.Say(words.NotSentTitle), text)
}

// requestNews tells who has decided on the request, and why.
func (c *core) requestNews(ctx context.Context, s *wirepb.RequestStatus) error {
	w, by := c.words, prompt.Clean(s.By, prompt.MaxName)
	decided := func(title, without, with words.ID) error {
		text := w.Say(without)
		if by != "" {
			text = w.Say(with, by)
		}
		if d := prompt.Clean(s.Detail, prompt.MaxReason); d != "" {
			text += "\n" + w.Say(words.Reason, d)
		}
		return c.notice(ctx, w.Say(title), text)
	}
	switch s.State {
	case wirepb.RequestState_REQUEST_STATE_APPROVED:
		return decided(words.ApprovedTitle, words.Approved, words.ApprovedBy)
	case wirepb.RequestState_REQUEST_STATE_DENIED:
		return decided(words.DeniedTitle, words.Denied, words.DeniedBy)
	case wirepb.RequestState_REQUEST_STATE_EXPIRED:
		return decided(words.ExpiredTitle, words.Expired, words.Expired)
	default:
		return nil
	}
}

// cancelRequest takes the request back.
func (c *core) cancelRequest() error {
	if !c.requested() {
		return nil
	}
	return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Cancel{Cancel: &wirepb.RequestCancel{Id: c.status.GetRequest().GetId()}}})
}

// tell says what the service has to tell of a session.
func (c *core) tell(ctx context.Context, n *ipcpb.Notice) error {
	w := c.words
	who := prompt.Clean(n.Who, prompt.MaxName)
	text := w.Say(words.Ended)
	switch n.Kind {
	case ipcpb.NoticeKind_NOTICE_KIND_ENDED_BY_CUSTOMER:
		text = w.Say(words.EndedByYou)
	case ipcpb.NoticeKind_NOTICE_KIND_ENDED_BY_REP:
		if who == "" {
			who = w.Say(words.Somebody)
		}
		text = w.Say(words.EndedBy, who)
	case ipcpb.NoticeKind_NOTICE_KIND_ENDED_BY_EXPIRY:
		text = w.Say(words.EndedByExpiry)
	case ipcpb.NoticeKind_NOTICE_KIND_AT_END_FAILED:
		text = w.Say(words.NotLocked)
		if n.AtEnd == wirepb.AtEnd_AT_END_LOG_OFF {
			text = w.Say(words.NotLoggedOff)
		}
		return c.notice(ctx, w.Say(words.EndedTitle), text)
	default: // as it stands
	}
	switch n.AtEnd {
	case wirepb.AtEnd_AT_END_LOCK:
		text += "\n" + w.Say(words.NowLocked)
	case wirepb.AtEnd_AT_END_LOG_OFF:
		text += "\n" + w.Say(words.NowLoggedOff)
	default: // nothing
	}
	if d := prompt.Clean(n.Detail, prompt.MaxReason); d != "" {
		text += "\n" + d
	}
	return c.notice(ctx, w.Say(words.EndedTitle), text)
}
