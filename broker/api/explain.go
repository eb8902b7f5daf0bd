package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Explain says whether a rep may do something with a device now, and which rule
// decides. Everybody may ask about themselves.
func (s settingsService) Explain(ctx context.Context, r *connect.Request[apipb.ExplainRequest]) (*connect.Response[apipb.ExplainResponse], error) {
	if g, err := s.Store.Guest(ctx, r.Msg.Rep); err == nil {
		return s.explainGuest(ctx, g, r.Msg)
	} else if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	p := account.Of(ctx)
	if r.Msg.Rep != "" && r.Msg.Rep != p.ID && !strings.EqualFold(r.Msg.Rep, p.Name) {
		if err := can(ctx, policy.ExplainPolicy, policy.Object{}); err != nil {
			return nil, err
		}
		var err error
		if p, err = s.Accounts.Named(ctx, r.Msg.Rep); err != nil {
			return nil, err
		}
	} else if err := can(ctx, policy.ExplainPolicy, policy.Object{Owner: p.ID}); err != nil {
		return nil, err
	}
	d, err := s.Book.Find(ctx, r.Msg.Device)
	if err != nil {
		return nil, err
	}
	a := policy.Action(r.Msg.Action)
	if a == "" {
		a = policy.StartSession
	}
	return connect.NewResponse(s.explanation(d, s.explained(p, d, a))), nil
}

func (s *Server) explanation(d store.Device, decision policy.Decision) *apipb.ExplainResponse {
	m := &apipb.ExplainResponse{Allowed: decision.Allowed(), Rule: ruleOf(decision.Rule)}
	var ce *wire.CodeError
	if errors.As(decision.Err, &ce) {
		m.Code, m.Reason = uint32(ce.Code), ce.Detail //nolint:gosec // of an enum
	}
	for _, v := range s.Book.Explain(d) {
		m.Settings = append(m.Settings, &apipb.Resolved{Key: string(v.Key), Value: v.Value, Rule: ruleOf(v.Rule)})
	}
	return m
}

// explained decides by policy and then, for what needs the device, as things
// stand now.
func (s *Server) explained(p account.Principal, d store.Device, a policy.Action) policy.Decision {
	state := policy.Rule{Kind: "state"}
	if !d.RevokedAt.IsZero() {
		return policy.Decision{Err: wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED, "the device was revoked"), Rule: state}
	}
	decision := s.Book.Decide(p.Policy(), d, a, s.Now())
	if decision.Allowed() && (a == policy.StartSession || a == policy.ControlSession) {
		if err := s.Desk.Ready(p, d); err != nil {
			return policy.Decision{Err: err, Rule: state}
		}
		if no := s.unproved(p, d); no.Err != nil {
			return no
		}
	}
	return decision
}

// unproved is the refusal of a rep whose proof of a second factor does not do for
// a session on the device. Only who asks about themselves has a sign-in to look at.
func (s *Server) unproved(p account.Principal, d store.Device) policy.Decision {
	set := s.Book.Settings(d)
	if p.SignIn == "" || !set.MFAAtStart || !p.ProvedAt.IsZero() && s.Now().Sub(p.ProvedAt) <= set.MFAMaxAge {
		return policy.Decision{}
	}
	no := policy.Decision{Err: wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MFA_REQUIRED, "a second factor has to be proved first")}
	for _, v := range s.Book.Explain(d) {
		if v.Key == policy.MFAAtStartKey {
			no.Rule = v.Rule
		}
	}
	no.Rule.Kind = "mfa"
	return no
}

func ruleOf(r policy.Rule) *apipb.Rule {
	return &apipb.Rule{Kind: r.Kind, ScopeId: r.ScopeID, ScopeName: r.Scope, Setting: r.Setting}
}

// Summary is the front page's numbers, of the devices in a view.
func (s settingsService) Summary(ctx context.Context, r *connect.Request[apipb.SummaryRequest]) (*connect.Response[apipb.SummaryResponse], error) {
	if err := can(ctx, policy.ListDevices, policy.Object{}); err != nil {
		return nil, err
	}
	devices, err := s.Store.Devices(ctx)
	if err != nil {
		return nil, err
	}
	m := new(apipb.SummaryResponse)
	shown := make(map[string]bool, len(devices))
	for _, d := range devices {
		if !s.inView(r.Msg.View, d) {
			continue
		}
		shown[d.ID] = true
		if !d.RevokedAt.IsZero() || d.Kind == store.AdHoc {
			continue
		}
		m.Devices++
		if s.Fleet.Online(d.ID) {
			m.Online++
		}
	}
	for _, open := range s.Desk.Open() {
		switch {
		case !shown[open.Device]:
		case open.Phase == support.Requested:
			m.Requests++
		default:
			m.Sessions++
		}
	}
	now := s.Now()
	ended, err := s.Store.EndedSince(ctx, time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location()))
	for _, device := range ended {
		if shown[device] {
			m.EndedToday++
		}
	}
	return connect.NewResponse(m), err
}
