package jump

import (
	"context"
	"errors"
	"strings"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// names are those that the ids of Jump Clients stand for.
type names struct {
	reps, groups map[string]string
	policies     map[string]store.JumpPolicy
}

func (b *Book) names(ctx context.Context) (names, error) {
	n := names{map[string]string{}, map[string]string{}, map[string]store.JumpPolicy{}}
	reps, err := b.conf.Store.Accounts(ctx)
	for _, a := range reps {
		n.reps[a.ID] = a.DisplayName
	}
	if err != nil {
		return n, err
	}
	groups, err := b.conf.Store.JumpGroups(ctx)
	for _, g := range groups {
		n.groups[g.ID] = g.Name
	}
	if err != nil {
		return n, err
	}
	policies, err := b.conf.Store.JumpPolicies(ctx)
	for _, p := range policies {
		n.policies[p.ID] = p
	}
	return n, err
}

// All lists the Jump Clients that p may start, or with all every one. Every word
// of the query is in one of their texts.
func (b *Book) All(ctx context.Context, p account.Principal, query string, all bool) ([]Client, error) {
	if err := policy.Can(p.Policy(), policy.ListJumps, policy.Object{}); err != nil {
		return nil, err
	}
	if all {
		if err := policy.Can(p.Policy(), policy.EditJump, policy.Object{}); err != nil {
			return nil, err
		}
	}
	r, err := b.reach(ctx, p)
	if err != nil {
		return nil, err
	}
	n, err := b.names(ctx)
	if err != nil {
		return nil, err
	}
	kept, err := b.conf.Store.JumpClients(ctx)
	if err != nil {
		return nil, err
	}
	words := strings.Fields(strings.ToLower(query))
	var found []Client
	for _, c := range kept {
		if !all && !r.sees(c) {
			continue
		}
		d, err := b.conf.Store.Device(ctx, c.Device)
		if err != nil {
			return nil, err
		}
		if s := b.show(r, c, d, n); s.matches(words) {
			found = append(found, s)
		}
	}
	return found, nil
}

// OfDevice is the Jump Client of a device, if p may see it.
func (b *Book) OfDevice(ctx context.Context, p account.Principal, device string) (Client, bool, error) {
	c, err := b.conf.Store.JumpClientOf(ctx, device)
	if errors.Is(err, store.ErrNotFound) {
		return Client{}, false, nil
	}
	if err != nil {
		return Client{}, false, err
	}
	r, err := b.reach(ctx, p)
	if err != nil || !r.sees(c) {
		return Client{}, false, err
	}
	shown, err := b.shown(ctx, r, c)
	return shown, err == nil, err
}

func (c Client) matches(words []string) bool {
	hay := strings.ToLower(strings.Join([]string{
		c.Name, c.Tag, c.Comments, c.GroupName, c.OwnerName, c.Dev.Hostname, c.Dev.User, c.Dev.OSVersion,
	}, "\n"))
	for _, w := range words {
		if !strings.Contains(hay, w) {
			return false
		}
	}
	return true
}

func (b *Book) shown(ctx context.Context, r reach, c store.JumpClient) (Client, error) {
	n, err := b.names(ctx)
	if err != nil {
		return Client{}, err
	}
	d, err := b.conf.Store.Device(ctx, c.Device)
	return b.show(r, c, d, n), err
}

func (b *Book) show(r reach, c store.JumpClient, d store.Device, n names) Client {
	terms := n.policies[c.Policy]
	s := Client{
		JumpClient: c, Dev: d, OwnerName: n.reps[c.Owner], GroupName: n.groups[c.Group], PolicyName: terms.Name,
		Online: b.conf.Agents.Online(d.ID), Expired: b.expired(c), Edit: r.edits(c),
	}
	if open, ok := b.conf.Desk.OfDevice(d.ID); ok {
		s.With, s.Joins = open.Rep.Name, terms.Join && open.Runs()
	}
	s.Start = b.startable(r, c, d, terms, s.Joins)
	return s
}

func (b *Book) expired(c store.JumpClient) bool {
	return !c.ExpiresAt.IsZero() && !b.conf.Now().Before(c.ExpiresAt)
}

// startable says why the rep may not start a Jump Client now. The settings of its
// device have their say besides, and a fresh second factor when it comes to it.
func (b *Book) startable(r reach, c store.JumpClient, d store.Device, terms store.JumpPolicy, joins bool) error {
	if err := policy.Can(r.p.Policy(), policy.StartJump, policy.Object{}); err != nil {
		return err
	}
	switch {
	case !r.sees(c):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "this Jump Client is on no list of yours")
	case b.expired(c):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_JUMP_EXPIRED, "its time was over on "+c.ExpiresAt.UTC().Format("2006-01-02 15:04")+" UTC")
	case !policy.Hours(terms.Hours).Open(b.conf.Now()):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED,
			"outside the hours of the jump policy "+terms.Name+": "+strings.Join(terms.Hours, ", "))
	case joins:
		return policy.Can(r.p.Policy(), policy.JoinSession, policy.Object{})
	}
	return b.conf.Desk.Ready(r.p, d)
}

// Targets is where and how a rep may pin.
type Targets struct {
	Personal bool
	Groups   []store.JumpGroup
	Policies []store.JumpPolicy
}

// Targets lists where p may pin: groups only with the right to it. Who edits may
// move anything to any group by permission.
func (b *Book) Targets(ctx context.Context, p account.Principal, editing bool) (t Targets, err error) {
	every := policy.Can(p.Policy(), policy.EditJump, policy.Object{}) == nil
	if err := policy.Can(p.Policy(), policy.PinJump, policy.Object{}); err != nil && !every {
		return t, err
	}
	r, err := b.reach(ctx, p)
	if err != nil {
		return t, err
	}
	t.Personal = r.pins("") == nil
	all, err := b.conf.Store.JumpGroups(ctx)
	if err != nil {
		return t, err
	}
	for _, g := range all {
		if r.pins(g.ID) == nil || editing && every {
			t.Groups = append(t.Groups, g)
		}
	}
	t.Policies, err = b.conf.Store.JumpPolicies(ctx)
	return t, err
}

// Plan checks that p may have the devices of a token pinned to a group.
func (b *Book) Plan(ctx context.Context, p account.Principal, plan store.JumpPlan) error {
	if plan.Group == "" {
		return &account.FieldError{Field: "jump", Detail: "choose a Jump Group"}
	}
	r, err := b.reach(ctx, p)
	if err != nil {
		return err
	}
	if policy.Can(p.Policy(), policy.EditJump, policy.Object{}) != nil {
		if err := r.pins(plan.Group); err != nil {
			return err
		}
	}
	n, err := b.names(ctx)
	if err != nil {
		return err
	}
	_, group := n.groups[plan.Group]
	_, terms := n.policies[plan.Policy]
	if !group || plan.Policy != "" && !terms {
		return &account.FieldError{Field: "jump", Detail: "there is no such Jump Group, or no such jump policy"}
	}
	return nil
}
