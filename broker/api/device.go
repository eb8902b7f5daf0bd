package api

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// deviceOf is a device as p may see it.
func (s *Server) deviceOf(p account.Principal, d store.Device) *apipb.Device {
	ready := s.ready(p, d, policy.StartSession)
	revoke := policy.Can(p.Policy(), policy.RevokeDevice, policy.Object{})
	if revoke == nil && !d.RevokedAt.IsZero() {
		revoke = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED, "the device is revoked already")
	}
	w := &apipb.Device{
		Id: d.ID,
		Info: &wirepb.Device{
			Hostname: d.Hostname, Os: d.OS, OsVersion: d.OSVersion, Arch: d.Arch, AgentVersion: d.AgentVersion, User: d.User,
		},
		Online: s.Fleet.Online(d.ID), LastSeen: timestamp(d.LastSeen), EnrolledAt: timestamp(d.EnrolledAt), Revoked: !d.RevokedAt.IsZero(),
		Capabilities: s.Fleet.Capabilities(d.ID),
		Actions: []*apipb.Action{
			offered("support", ready), offered("screenshare", ready), offered("control", s.ready(p, d, policy.ControlSession)),
			offered("revoke", revoke),
		},
		Group: d.Group, Tags: d.Tags, Entitled: d.Entitled, Pending: d.Pending, Views: s.Book.Views(d),
	}
	if open, ok := s.Desk.OfDevice(d.ID); ok && policy.Can(p.Policy(), policy.SeeSession, desk.About(open.Session)) == nil {
		w.Session = sessionOf(p, open)
	}
	return w
}

// ready says whether p may do something with a device now: by policy first, then
// as things stand.
func (s *Server) ready(p account.Principal, d store.Device, a policy.Action) error {
	if d.RevokedAt.IsZero() {
		if err := s.Book.Decide(p.Policy(), d, a, s.Now()).Err; err != nil {
			return err
		}
	}
	return s.Desk.Ready(p, d)
}

// deviceByID is deviceOf for an id.
func (s *Server) deviceByID(ctx context.Context, p account.Principal, id string) (*apipb.Device, error) {
	d, err := s.Store.Device(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such device")
	}
	if err != nil {
		return nil, err
	}
	return s.deviceOf(p, d), nil
}

// devicesOf lists the devices that a filter chooses. Every word of its query is in
// one of their texts.
func (s *Server) devicesOf(ctx context.Context, p account.Principal, r *apipb.ListDevicesRequest) ([]*apipb.Device, error) {
	all, err := s.Store.Devices(ctx)
	if err != nil {
		return nil, err
	}
	words := strings.Fields(strings.ToLower(r.Query))
	var found []*apipb.Device
	for _, d := range all {
		if d.Kind != store.AdHoc && matches(d, words) && tagged(d, r.Tags) && s.inView(r.View, d) && s.present(d, r.Presence) {
			found = append(found, s.deviceOf(p, d))
		}
	}
	return found, nil
}

func matches(d store.Device, words []string) bool {
	hay := strings.ToLower(strings.Join(append([]string{d.Hostname, d.User, d.OS, d.OSVersion, d.ID, d.Group}, d.Tags...), "\n"))
	for _, w := range words {
		if !strings.Contains(hay, w) {
			return false
		}
	}
	return true
}

// tagged reports whether a device has all tags.
func tagged(d store.Device, tags []string) bool {
	for _, t := range tags {
		if !slices.ContainsFunc(d.Tags, func(have string) bool { return strings.EqualFold(have, t) }) {
			return false
		}
	}
	return true
}

// inView reports whether a view shows a device: the id of a scope that holds it,
// or none at all, which shows every one.
func (s *Server) inView(view string, d store.Device) bool {
	return view == "" || slices.Contains(s.Book.Views(d), view)
}

func (s *Server) present(d store.Device, p apipb.Presence) bool {
	switch p {
	case apipb.Presence_PRESENCE_ONLINE:
		return s.Fleet.Online(d.ID)
	case apipb.Presence_PRESENCE_OFFLINE:
		return !s.Fleet.Online(d.ID)
	default:
		return true
	}
}

// detail is what is shown of a device alone.
func (s *Server) detail(ctx context.Context, w *apipb.Device) (err error) {
	if w.Policy, err = s.told(ctx, w.Id); err != nil {
		return err
	}
	u, err := s.Store.DeviceUpdate(ctx, w.Id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	w.Update = &apipb.DeviceUpdate{Version: u.Version, Result: u.Result, Detail: u.Detail, EndedAt: timestamp(u.EndedAt), ReportedAt: timestamp(u.ReportedAt)}
	return err
}

// told is what a device was told of its settings and what it says it obeys.
func (s *Server) told(ctx context.Context, device string) (*apipb.DevicePolicy, error) {
	p, err := s.Book.Told(ctx, device)
	if err != nil {
		return nil, err
	}
	w := &apipb.DevicePolicy{
		Told: p.Version, ToldAt: timestamp(p.IssuedAt), Obeyed: p.Reported, ReportedAt: timestamp(p.ReportedAt),
		EffectiveHash: p.EffectiveHash, Refused: p.Refused,
	}
	content := new(wirepb.DevicePolicy)
	if p.Version > 0 && proto.Unmarshal(p.Content, content) == nil {
		w.ExpiresAt = timestamppb.New(time.UnixMilli(content.ExpiresUnixMs))
	}
	return w, nil
}
