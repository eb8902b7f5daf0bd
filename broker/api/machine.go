package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/support"
)

type machineService struct{ *Server }

func (s *Server) machineRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewMachineServiceHandler(machineService{s}, opts...)
	return private(h, apipbconnect.MachineServiceDescribeProcedure, apipbconnect.MachineServiceRestartProcedure, apipbconnect.MachineServiceRestrictProcedure)
}

func (s machineService) Describe(ctx context.Context, r *connect.Request[apipb.DescribeRequest]) (*connect.Response[apipb.DescribeResponse], error) {
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	info, err := s.Desk.DescribeMachine(ctx, account.Of(ctx), id)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.DescribeResponse{Info: info}), nil
}

// machineParts adds what p may do with the machine while the screen is shared.
func machineParts(p account.Principal, s desk.Session, w *apipb.Session) {
	if s.Phase == support.Active || s.Phase == support.Held {
		w.Actions = append(w.Actions, offered("machine", desk.MaySeeMachine(p, s)), offered("restart", desk.MayRestart(p, s)),
			offered("restrict_input", desk.MayRestrict(p, s, false)), offered("privacy_screen", desk.MayRestrict(p, s, true)))
		if r := s.Restriction; r != nil {
			w.Restriction = &apipb.Restriction{Input: r.Input, Screen: r.Screen, Code: r.Code, Detail: r.Detail, ByCustomer: r.ByCustomer, By: r.By, Count: r.Count}
		}
		if r := s.Restart; r != nil {
			w.Restart = &apipb.Restart{State: r.State, Code: r.Code, Detail: r.Detail, By: r.By, Count: r.Count}
		}
	}
}

func (s machineService) Restart(ctx context.Context, r *connect.Request[apipb.RestartRequest]) (*connect.Response[apipb.RestartResponse], error) {
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	if err := s.Desk.RestartMachine(ctx, account.Of(ctx), id, r.Msg.Confirm); err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.RestartResponse{}), nil
}

func (s machineService) Restrict(ctx context.Context, r *connect.Request[apipb.RestrictRequest]) (*connect.Response[apipb.RestrictResponse], error) {
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	if err := s.Desk.Restrict(ctx, account.Of(ctx), id, r.Msg.Input, r.Msg.Screen); err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.RestrictResponse{}), nil
}
