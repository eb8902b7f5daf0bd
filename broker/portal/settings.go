package portal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // of logos
	_ "image/png"
	"regexp"
	"slices"
	"strings"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
)

// Bounds of the settings.
const (
	maxTitle    = 80
	maxGreeting = 1 << 10
	maxChoices  = 40
	// maxLogo is of the file, maxLogoSide of the picture: more than a page shows.
	maxLogo     = 32 << 10
	maxLogoSide = 1024
)

var colour = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// Settings are the page's; without any it is closed.
func (p *Portal) Settings(ctx context.Context) (store.Portal, error) {
	s, err := p.conf.Store.Portal(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return store.Portal{}, nil
	}
	return s, err
}

// Save replaces the settings; a nil logo leaves the one there is.
func (p *Portal) Save(ctx context.Context, by account.Principal, s store.Portal, logo *[]byte) (store.Portal, error) {
	old, err := p.Settings(ctx)
	if err != nil {
		return old, err
	}
	s.Logo = old.Logo
	if logo != nil {
		s.Logo = *logo
	}
	if s, err = p.check(ctx, s); err != nil {
		return s, err
	}
	r := store.Record{
		At: p.conf.Now(), Actor: by.Actor(), ActorName: by.DisplayName, Action: "portal.save", Object: "portal:page", Result: ok, Detail: changes(old, s),
	}
	if _, err := p.conf.Audit.Append(ctx, r, func(tx *store.Tx) error { return tx.PutPortal(s) }); err != nil {
		return s, err
	}
	p.conf.Hub.Publish(live.Change{List: List})
	return s, nil
}

// check returns settings in their own form, or what is wrong with them.
func (p *Portal) check(ctx context.Context, s store.Portal) (store.Portal, error) {
	s.Accent = strings.ToLower(strings.TrimSpace(s.Accent))
	switch {
	case s.Title != text.Line(s.Title, maxTitle):
		return s, &account.FieldError{Field: "title", Detail: fmt.Sprintf("use up to %d letters that print", maxTitle)}
	case len(s.Greeting) > maxGreeting:
		return s, &account.FieldError{Field: "greeting", Detail: "say it shorter"}
	case s.Accent != "" && !colour.MatchString(s.Accent):
		return s, &account.FieldError{Field: "accent", Detail: "write a colour as #1a5fb4"}
	case len(s.Issues)+len(s.Queues) > maxChoices:
		return s, &account.FieldError{Field: "queues", Detail: fmt.Sprintf("at most %d choices", maxChoices)}
	}
	s.Greeting = text.Body(s.Greeting)
	if err := checkLogo(s.Logo); err != nil {
		return s, err
	}
	issues, queues, err := p.Choices(ctx)
	if err != nil {
		return s, err
	}
	for _, id := range s.Issues {
		if !slices.ContainsFunc(issues, func(i store.Issue) bool { return i.ID == id }) {
			return s, &account.FieldError{Field: "issues", Detail: "one of them is not there any more"}
		}
	}
	for _, id := range s.Queues {
		if !slices.ContainsFunc(queues, func(q store.Queue) bool { return q.ID == id }) {
			return s, &account.FieldError{Field: "queues", Detail: "one of them is not there any more"}
		}
	}
	return s, nil
}

// Choices are the issues and queues that there are.
func (p *Portal) Choices(ctx context.Context) ([]store.Issue, []store.Queue, error) {
	issues, err := p.conf.Store.Issues(ctx)
	if err != nil {
		return nil, nil, err
	}
	queues, err := p.conf.Store.Queues(ctx)
	return issues, queues, err
}

// checkLogo takes a picture that browsers show and that is one.
func checkLogo(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	wrong := &account.FieldError{Field: "logo", Detail: fmt.Sprintf("use a PNG or JPEG of at most %d KiB and %d pixels", maxLogo>>10, maxLogoSide)}
	if len(b) > maxLogo {
		return wrong
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || c.Width > maxLogoSide || c.Height > maxLogoSide {
		return wrong
	}
	return nil
}

// changes says what is different, for the audit log.
func changes(old, now store.Portal) string {
	var c audit.Changes
	note := func(name string, before, after any) { c.AddText(name, fmt.Sprint(before), fmt.Sprint(after)) }
	note("open", old.Open, now.Open)
	note("title", old.Title, now.Title)
	note("greeting", old.Greeting, now.Greeting)
	note("accent", old.Accent, now.Accent)
	note("issues", old.Issues, now.Issues)
	note("queues", old.Queues, now.Queues)
	if !bytes.Equal(old.Logo, now.Logo) {
		c.AddReplaced("logo")
	}
	return c.String()
}
