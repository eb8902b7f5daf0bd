// Package jump is the devices that were pinned: Jump Clients on the personal lists
// of reps and in Jump Groups. It says who may see and start them, has endpoints
// asked before they are pinned, and sees to it that what was unpinned is
// uninstalled. The sessions are package desk's.
package jump

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// List is what consoles are told to read again after a change.
const List = "jump"

// Limits.
const (
	maxClients  = 20_000 // of an organisation
	maxName     = 64
	maxTag      = 64
	maxComments = 1000
	maxLife     = 10 * 365 * 24 * time.Hour
	// askFor is how long the person has to answer whether the device is pinned, and
	// answerGrace how much longer the broker waits for the answer: endpoints give up an
	// installation sooner.
	askFor      = 45 * time.Second
	answerGrace = time.Minute
	// overdueEvery is how often it is looked for answers that did not come.
	overdueEvery = time.Second
	// proofAge is how old a second factor may be where a jump policy asks for one.
	proofAge = 5 * time.Minute
)

// Sessions begins support sessions; package desk is it.
type Sessions interface {
	Start(ctx context.Context, p account.Principal, ask desk.Ask) (desk.Session, error)
	Draft(ctx context.Context, p account.Principal, ask desk.Ask) (*desk.Draft, error)
	JoinOpen(ctx context.Context, p account.Principal, id wire.SessionID, why string) (desk.Session, error)
	Get(ctx context.Context, id wire.SessionID) (desk.Session, error)
	OfDevice(device string) (desk.Session, bool)
	Ready(p account.Principal, dev store.Device) error
}

// Agents reaches endpoints; package fleet is it.
type Agents interface {
	Send(device string, m *wirepb.BrokerMessage) error
	Online(device string) bool
}

// Config is what a book needs.
type Config struct {
	Store        *store.Store
	Audit        account.Log
	Hub          *live.Hub
	Agents       Agents
	Desk         Sessions
	Passkeys     Passkeys
	Log          *slog.Logger
	Now          func() time.Time
	Organisation func() string
	GrantKey     ed25519.PrivateKey
}

// Book is the Jump Clients. Its methods may be called from any goroutine.
type Book struct {
	conf Config

	mu       sync.Mutex
	asking   map[string]*asking   // by device: one question at a time
	settling map[string]bool      // Jump Clients whose question was answered just now
	proving  map[string]challenge // by sign-in
}

// New makes a book.
func New(c Config) *Book {
	return &Book{conf: c, asking: map[string]*asking{}, settling: map[string]bool{}, proving: map[string]challenge{}}
}

// Client is a Jump Client as it is shown to one rep.
type Client struct {
	store.JumpClient
	Dev        store.Device
	OwnerName  string
	GroupName  string
	PolicyName string
	Online     bool
	Expired    bool
	With       string // who is in a session on it; empty: nobody
	Joins      bool   // there is a session, and who jumps joins it
	Start      error  // why the rep may not start it now; nil: may
	Edit       error  // why the rep may not change or unpin it
}

// reach is what one rep has of the lists.
type reach struct {
	p      account.Principal
	groups map[string]bool // of which the rep is a member; true: may pin
}

func (b *Book) reach(ctx context.Context, p account.Principal) (reach, error) {
	groups, err := b.conf.Store.JumpGroupsOf(ctx, p.ID)
	return reach{p, groups}, err
}

// sees reports whether a Jump Client is on a list of the rep's.
func (r reach) sees(c store.JumpClient) bool {
	_, member := r.groups[c.Group]
	return c.Owner == r.p.ID || c.Group != "" && member
}

// edits says why the rep may not change or unpin a Jump Client.
func (r reach) edits(c store.JumpClient) error {
	if policy.Can(r.p.Policy(), policy.EditJump, policy.Object{}) == nil {
		return nil
	}
	if err := policy.Can(r.p.Policy(), policy.PinJump, policy.Object{}); err != nil {
		return err
	}
	if c.Owner == r.p.ID || c.Group != "" && r.groups[c.Group] {
		return nil
	}
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "this needs the right to pin to its Jump Group")
}

// pins says why the rep may not pin to a group, or to the personal list.
func (r reach) pins(group string) error {
	if err := policy.Can(r.p.Policy(), policy.PinJump, policy.Object{}); err != nil {
		return err
	}
	if group == "" || r.groups[group] {
		return nil
	}
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "you may not pin to this Jump Group")
}

// find is a Jump Client that the rep may see. Of others not even the existence
// is told, but that nobody may start them.
func (b *Book) find(ctx context.Context, r reach, id string, edit bool) (store.JumpClient, error) {
	c, err := b.conf.Store.JumpClient(ctx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return c, err
	}
	all := edit && policy.Can(r.p.Policy(), policy.EditJump, policy.Object{}) == nil
	if err == nil && (all || r.sees(c)) {
		return c, nil
	}
	if all {
		return c, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such Jump Client")
	}
	return c, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "this Jump Client is on no list of yours")
}

func (b *Book) record(p account.Principal, action string, c store.JumpClient, result, detail string) store.Record {
	return store.Record{
		At: b.conf.Now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: action, Object: "jump:" + c.ID, ObjectName: c.Name,
		Result: result, Detail: detail,
	}
}

// refused records a refusal, and returns it.
func (b *Book) refused(ctx context.Context, p account.Principal, action string, c store.JumpClient, why error) error {
	var ce *wire.CodeError
	if !errors.As(why, &ce) {
		return why // nil, too
	}
	if c.ID == "" {
		c.ID = "unknown"
	}
	if _, err := b.conf.Audit.Append(ctx, b.record(p, action, c, wire.CodeName(ce.Code), ce.Detail)); err != nil {
		return err
	}
	return why
}

func (b *Book) changed(device string) {
	b.conf.Hub.Publish(live.Change{List: List})
	b.conf.Hub.Publish(live.Change{Device: device})
}
