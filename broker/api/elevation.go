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
)

type elevationService struct{ *Server }

func (s *Server) elevationRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewElevationServiceHandler(elevationService{s}, opts...)
	return private(h, apipbconnect.ElevationServiceSwitchTerminalProcedure)
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
	if policy.Can(p.Policy(), policy.SwitchTerminal, desk.About(s.Session)) == nil {
		w.Terminals = s.Terminals
	}
	w.Actions = append(w.Actions, offered("terminals", desk.MaySwitch(p, s)))
}
