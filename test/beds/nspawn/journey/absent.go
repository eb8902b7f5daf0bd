//go:build linux

package main

import (
	"fmt"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// absent: with nobody signed in the Jump Client of the bundle is started, first against
// the rule for that and then by it, at the login screen; then it is unpinned.
func (j *journey) absent() error {
	login, err := j.places(func(s terminal.Session) bool { return s.Greeter })
	if err != nil || len(login) != 1 {
		return fmt.Errorf("%d login screens: %w", len(login), err)
	}
	screen := login[0]
	jumps := apipbconnect.NewJumpServiceClient(j.rep.HTTP, j.broker.Console)
	all, err := jumps.ListJumpClients(j.ctx, connect.NewRequest(&apipb.ListJumpClientsRequest{}))
	if err != nil || len(all.Msg.Clients) != 1 || all.Msg.Clients[0].Mode != wirepb.JumpMode_JUMP_MODE_SERVICE {
		return fmt.Errorf("pinned is %v: %w", all, err)
	}
	c := all.Msg.Clients[0]
	if err := bed.Until(j.ctx, "the machine with nobody in front", func() (bool, error) {
		r, err := j.rep.Inventory.GetDevice(j.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: c.DeviceId}))
		if err != nil {
			return false, err
		}
		d := r.Msg.Device
		return d.Online && !d.Capabilities.GetUserPresent() && d.Info.User == "" && len(d.Capabilities.GetMonitors()) == 1, fmt.Errorf("the broker knows %v", d)
	}); err != nil {
		return err
	}
	start := func(phase apipb.SessionPhase) (*apipb.Session, error) {
		r, err := jumps.StartJump(j.ctx, connect.NewRequest(&apipb.StartJumpRequest{Id: c.Id}))
		if err != nil {
			return nil, err
		}
		return j.rep.Phase(j.ctx, r.Msg.Session.Id, phase)
	}
	s, err := start(apipb.SessionPhase_SESSION_PHASE_DENIED)
	if err != nil || s.Code != wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT {
		return fmt.Errorf("without the rule: %v: %w", s, err)
	}
	if err := j.permit(c.DeviceId, "consent_absent", "notify"); err != nil {
		return err
	}
	if s, err = start(apipb.SessionPhase_SESSION_PHASE_ACTIVE); err != nil {
		return err
	}
	if _, err := screen.Window(j.ctx, bed.BannerTitle); err != nil {
		return err
	}
	v, err := j.rep.Watch(j.ctx, j.broker, s.Id)
	if err != nil {
		return err
	}
	if err := bed.SameCanvas(j.ctx, v, screen.Desktop); err != nil {
		return err
	}
	if screen.HasWindow(bed.ConsentTitle) {
		return fmt.Errorf("the login screen asks")
	}
	j.say("the login screen is seen in every pixel, under the banner, and nobody was asked")
	if _, err := j.rep.Sessions.End(j.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		return err
	}
	if _, err := jumps.Unpin(j.ctx, connect.NewRequest(&apipb.UnpinRequest{Id: c.Id, Confirm: true})); err != nil {
		return err
	}
	return bed.Until(j.ctx, "the removal in the log", func() (bool, error) {
		r, err := j.rep.Audit.ListAudit(j.ctx, connect.NewRequest(&apipb.ListAuditRequest{Filter: &apipb.AuditFilter{Action: "jump.removed"}}))
		return err == nil && len(r.Msg.Records) == 1 && r.Msg.Records[0].Result == "ok", err
	})
}

// permit changes a setting of the last scope, which is everybody's, and waits until the
// device obeys.
func (j *journey) permit(device, setting, value string) error {
	api := apipbconnect.NewSettingsServiceClient(j.rep.HTTP, j.broker.Console)
	l, err := api.ListScopes(j.ctx, connect.NewRequest(&apipb.ListScopesRequest{}))
	if err != nil {
		return err
	}
	s := l.Msg.Scopes[len(l.Msg.Scopes)-1]
	s.Settings[setting] = value
	if _, err := api.SaveScope(j.ctx, connect.NewRequest(&apipb.SaveScopeRequest{Scope: s})); err != nil {
		return err
	}
	return bed.Until(j.ctx, "the device to obey", func() (bool, error) {
		d, err := j.rep.Inventory.GetDevice(j.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: device}))
		if err != nil {
			return false, err
		}
		p := d.Msg.Device.Policy
		return p.GetTold() > 0 && p.Obeyed == p.Told && p.Refused == "", nil
	})
}
