package api

import (
	"context"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/button"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/fleet"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/policy"
)

type buttonService struct{ *Server }

func (s *Server) buttonRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewButtonServiceHandler(buttonService{s}, opts...)
	return private(h, apipbconnect.ButtonServiceOptionsProcedure, apipbconnect.ButtonServiceListButtonsProcedure, apipbconnect.ButtonServiceDeployProcedure,
		apipbconnect.ButtonServiceRemoveProcedure, apipbconnect.ButtonServiceCreateInstallerProcedure)
}

func (s buttonService) Options(ctx context.Context, _ *connect.Request[apipb.OptionsRequest]) (*connect.Response[apipb.OptionsResponse], error) {
	if err := can(ctx, policy.ListButtons, policy.Object{}); err != nil {
		return nil, err
	}
	profiles, queues, err := s.Buttons.Options(ctx)
	a := new(apipb.OptionsResponse)
	for _, p := range profiles {
		a.Profiles = append(a.Profiles, &apipb.ButtonOption{Id: p.ID, Name: p.Name, Title: p.Title, QueueId: p.Queue, MaxDays: p.MaxDays, AllUsers: p.AllUsers})
	}
	for _, q := range queues {
		a.Queues = append(a.Queues, &apipb.ButtonQueue{Id: q.ID, Name: q.Name})
	}
	return connect.NewResponse(a), err
}

func (s buttonService) ListButtons(ctx context.Context, r *connect.Request[apipb.ListButtonsRequest]) (*connect.Response[apipb.ListButtonsResponse], error) {
	if err := can(ctx, policy.ListButtons, policy.Object{}); err != nil {
		return nil, err
	}
	all, err := s.Buttons.List(ctx, r.Msg.DeviceId)
	if err != nil {
		return nil, err
	}
	told, err := s.Buttons.Told(ctx, r.Msg.DeviceId)
	a := &apipb.ListButtonsResponse{LaidOut: told.LaidOut, Problem: told.Problem}
	for _, b := range all {
		a.Buttons = append(a.Buttons, s.buttonOf(b))
	}
	return connect.NewResponse(a), err
}

func (s buttonService) Deploy(ctx context.Context, r *connect.Request[apipb.DeployRequest]) (*connect.Response[apipb.DeployResponse], error) {
	if err := can(ctx, policy.ListButtons, policy.Object{}); err != nil {
		return nil, err
	}
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	p := account.Of(ctx)
	found, err := s.Desk.Get(ctx, id)
	if err == nil {
		err = desk.MayDeploy(p, found)
	}
	if err != nil {
		return nil, err
	}
	dev, err := s.Store.Device(ctx, found.Device)
	if err != nil {
		return nil, err
	}
	b, err := s.Buttons.Deploy(ctx, p, dev, id.String(), button.Wish{
		Profile: r.Msg.ProfileId, Queue: r.Msg.QueueId, Description: r.Msg.Description, Lasts: lasts(r.Msg.LastsS),
	})
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.DeployResponse{Button: s.buttonOf(b)}), nil
}

func (s buttonService) Remove(ctx context.Context, r *connect.Request[apipb.RemoveButtonRequest]) (*connect.Response[apipb.RemoveButtonResponse], error) {
	if err := can(ctx, policy.RemoveButton, policy.Object{}); err != nil {
		return nil, err
	}
	b, _, err := s.Buttons.Find(ctx, r.Msg.Id)
	if err != nil {
		return nil, err
	}
	session := ""
	if r.Msg.SessionId != "" {
		id, err := parseID(r.Msg.SessionId)
		if err != nil {
			return nil, err
		}
		if found, err := s.Desk.Get(ctx, id); err == nil && found.Device == b.Device && found.In(account.Of(ctx).ID) {
			session = id.String()
		}
	}
	if !r.Msg.Confirm {
		return nil, unconfirmed("the button is gone from the device")
	}
	return connect.NewResponse(&apipb.RemoveButtonResponse{}), s.Buttons.Remove(ctx, account.Of(ctx), b.ID, session)
}

func (s buttonService) CreateInstaller(ctx context.Context, r *connect.Request[apipb.CreateInstallerRequest]) (*connect.Response[apipb.CreateInstallerResponse], error) {
	for _, a := range []policy.Action{policy.CreateToken, policy.ListButtons} {
		if err := can(ctx, a, policy.Object{}); err != nil {
			return nil, err
		}
	}
	keep, told, err := s.Buttons.Plan(ctx, button.Wish{Profile: r.Msg.ProfileId, Queue: r.Msg.QueueId, Description: r.Msg.Description, Lasts: lasts(r.Msg.LastsS)})
	if err != nil {
		return nil, err
	}
	p := account.Of(ctx)
	token, expires, err := fleet.CreateToken(ctx, s.Audit, p.Actor(), p.DisplayName, fleet.NewToken{
		Uses: int(r.Msg.Uses), Life: time.Duration(r.Msg.ValidS) * time.Second, Note: r.Msg.Note, Also: keep, Told: told,
	}, s.Now())
	if err != nil {
		return nil, err
	}
	bundle, err := s.Bundle(token, expires)
	if err != nil {
		return nil, err
	}
	s.Hub.Publish(live.Change{List: "tokens"})
	return connect.NewResponse(&apipb.CreateInstallerResponse{Bundle: string(bundle), ExpiresAt: timestamp(expires)}), nil
}

// maxLasts keeps seconds from overflowing; what a profile allows is less.
const maxLasts = 10 * 365 * 24 * 60 * 60

func lasts(seconds int64) time.Duration {
	return time.Duration(min(max(seconds, 0), maxLasts)) * time.Second
}

func (s buttonService) buttonOf(b button.Button) *apipb.SupportButton {
	return &apipb.SupportButton{
		Id: b.ID, DeviceId: b.Device, Title: b.Profile.Title, Description: b.Description, ProfileId: b.Profile.ID, ProfileName: b.Profile.Name,
		QueueId: b.Queue.ID, QueueName: b.Queue.Name, User: b.User, CreatedAt: timestamp(b.CreatedAt), CreatedBy: b.ByName,
		ExpiresAt: timestamp(b.ExpiresAt), Expired: b.Expired(s.Now()),
	}
}
