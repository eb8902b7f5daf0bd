package api

import (
	"context"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

type elevationService struct{ *Server }

func (s *Server) elevationRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewElevationServiceHandler(elevationService{s}, opts...)
	return private(h, apipbconnect.ElevationServiceSwitchTerminalProcedure, apipbconnect.ElevationServiceElevateProcedure,
		apipbconnect.ElevationServiceMaskRecordingProcedure)
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

// MaskRecording masks as long as the console holds the stream, whoever it is stands by
// their sign-in, and the desk lets it.
func (s elevationService) MaskRecording(ctx context.Context, r *connect.Request[apipb.MaskRecordingRequest], out *connect.ServerStream[apipb.MaskRecordingResponse]) error {
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return err
	}
	p := account.Of(ctx)
	over, release, err := s.Desk.Mask(ctx, p, id)
	if err != nil {
		return err
	}
	defer release()
	return s.hold(ctx, p, over, func() error { return out.Send(new(apipb.MaskRecordingResponse)) })
}

// hold says at intervals that a call still stands, from now on until it is over.
func (s *Server) hold(ctx context.Context, p account.Principal, over <-chan error, say func() error) error {
	gone := wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, "signed out")
	signedOut, cancel := s.Accounts.Ended(p)
	defer cancel()
	every := s.PingEvery
	if every == 0 {
		every = pingEvery
	}
	ping := time.NewTicker(every)
	defer ping.Stop()
	for {
		if err := say(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-signedOut:
			return gone
		case err := <-over:
			return err
		case <-ping.C:
			if !s.valid(ctx, p) {
				return gone
			}
		}
	}
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
