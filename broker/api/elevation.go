package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

type elevationService struct{ *Server }

func (s *Server) elevationRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewElevationServiceHandler(elevationService{s}, opts...)
	return private(h, apipbconnect.ElevationServiceSwitchTerminalProcedure, apipbconnect.ElevationServiceElevateProcedure)
}

func (s elevationService) SwitchTerminal(ctx context.Context, r *connect.Request[apipb.SwitchTerminalRequest]) (*connect.Response[apipb.SwitchTerminalResponse], error) {
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	if err := s.Desk.SwitchTerminal(ctx, account.Of(ctx), id, r.Msg.TerminalId); err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.SwitchTerminalResponse{}), nil
}

func (s elevationService) Elevate(ctx context.Context, r *connect.Request[apipb.ElevateRequest]) (*connect.Response[apipb.ElevateResponse], error) {
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	order := &wirepb.Elevate{Method: r.Msg.Method, Nonce: r.Msg.Nonce, Sealed: r.Msg.Sealed}
	if err := s.Desk.Elevate(ctx, account.Of(ctx), id, order); err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.ElevateResponse{}), nil
}

// elevatedParts adds what p may know of the endpoint's rights, and do with them while
// the screen is shared.
func elevatedParts(p account.Principal, s desk.Session, w *apipb.Session) {
	if s.Phase != support.Active && s.Phase != support.Held {
		return
	}
	w.Elevated = s.Elevated
	if m := s.Move; m != nil {
		w.TerminalMove = &apipb.TerminalMove{
			TerminalId: m.Terminal, User: m.User, State: m.State, Code: m.Code, Detail: m.Detail, By: m.By, Count: m.Count,
		}
	}
	if t := s.Elevation; t != nil {
		w.Elevation = &apipb.Elevation{
			State: t.State, Method: t.Method, Code: t.Code, Detail: t.Detail, By: t.By, Count: t.Count, TriesLeft: s.TriesLeft(),
		}
	}
	if policy.Can(p.Policy(), policy.ElevateSession, desk.About(s.Session)) == nil {
		w.ElevationOffer = s.Offer
	}
	if policy.Can(p.Policy(), policy.SwitchTerminal, desk.About(s.Session)) == nil {
		w.Terminals = s.Terminals
	}
	w.Actions = append(w.Actions, offered("terminals", desk.MaySwitch(p, s)), offered("elevate", desk.MayElevate(p, s)))
}
