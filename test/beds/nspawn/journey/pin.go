//go:build linux

package main

import (
	"errors"
	"fmt"
	"strings"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// pin: in a session with the client that this person runs it is elevated with an
// administrator's password and pinned in service mode; the session ends, and a Jump comes to
// the machine's own service, whose prompt the person answers.
func (j *journey) pin(name, admin, password string) error {
	p, s, err := j.begin(name)
	if err != nil {
		return err
	}
	if err := j.try(s.Id, admin, password); err != nil {
		return err
	}
	if err := p.AnswerCard(j.ctx, true); err != nil {
		return err
	}
	if err := j.tried(s.Id, 1, wirepb.ElevationState_ELEVATION_STATE_DONE, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED); err != nil {
		return err
	}
	if _, err := p.Window(j.ctx, bed.BannerTitle); err != nil {
		return err
	}
	jumps := apipbconnect.NewJumpServiceClient(j.rep.HTTP, j.broker.Console)
	answered := make(chan error, 1)
	go func() { answered <- p.AnswerCard(j.ctx, true) }()
	pinned, err := jumps.Pin(j.ctx, connect.NewRequest(&apipb.PinRequest{SessionId: s.Id, Mode: wirepb.JumpMode_JUMP_MODE_SERVICE, Details: &apipb.JumpDetails{Name: "Till 7"}}))
	if err = errors.Join(err, <-answered); err != nil {
		return err
	}
	c := pinned.Msg.Client
	if c.Mode != wirepb.JumpMode_JUMP_MODE_SERVICE || c.DeviceId == s.DeviceId {
		return fmt.Errorf("pinned is %v, in a session with %s", c, s.DeviceId)
	}
	j.say("pinned in service mode, as another device")
	if _, err := j.rep.Sessions.End(j.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		return err
	}
	if err := j.reachable(c.DeviceId); err != nil {
		return err
	}
	started, err := jumps.StartJump(j.ctx, connect.NewRequest(&apipb.StartJumpRequest{Id: c.Id}))
	if err != nil {
		return err
	}
	if err := p.AnswerCard(j.ctx, true); err != nil {
		return err
	}
	if s, err = j.rep.Phase(j.ctx, started.Msg.Session.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE); err != nil {
		return err
	}
	v, err := j.rep.Watch(j.ctx, j.broker, s.Id)
	if err != nil {
		return err
	}
	if err := bed.SameCanvas(j.ctx, v, p.Desktop); err != nil {
		return err
	}
	j.say("a Jump came to the machine's service, and %s's screen is seen in every pixel", name)
	_, err = j.rep.Sessions.End(j.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id}))
	return err
}

// reachable waits until somebody can be asked at a device.
func (j *journey) reachable(device string) error {
	return bed.Until(j.ctx, "a device to be reachable", func() (bool, error) {
		r, err := j.rep.Inventory.GetDevice(j.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: device}))
		if err != nil {
			return false, err
		}
		c := r.Msg.Device.Capabilities
		return r.Msg.Device.Online && c.GetUserPresent() && c.GetConsent().GetReason() == wirepb.Reason_REASON_OK &&
			c.GetInput().GetReason() == wirepb.Reason_REASON_OK, fmt.Errorf("the broker knows %v", r.Msg.Device)
	})
}

// update waits until the broker has been told what became of a version on the only Jump
// Client, and expects that it is in the audit log once.
func (j *journey) update(version, result string) error {
	all, err := apipbconnect.NewJumpServiceClient(j.rep.HTTP, j.broker.Console).ListJumpClients(j.ctx, connect.NewRequest(&apipb.ListJumpClientsRequest{}))
	if err != nil {
		return err
	}
	if len(all.Msg.Clients) != 1 {
		return fmt.Errorf("pinned is %v", all.Msg.Clients)
	}
	device := all.Msg.Clients[0].DeviceId
	var u *apipb.DeviceUpdate
	if err := bed.Until(j.ctx, "the end of the trial of "+version, func() (bool, error) {
		r, err := j.rep.Inventory.GetDevice(j.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: device}))
		if err != nil {
			return false, err
		}
		u = r.Msg.Device.Update
		return u.GetVersion() == version, fmt.Errorf("the broker knows %v", r.Msg.Device)
	}); err != nil {
		return err
	}
	if got := strings.TrimPrefix(u.Result.String(), "TRIAL_RESULT_"); got != result {
		return fmt.Errorf("%s: %s, %s; want %s", version, got, u.Detail, result)
	}
	r, err := j.rep.Audit.ListAudit(j.ctx, connect.NewRequest(&apipb.ListAuditRequest{Filter: &apipb.AuditFilter{Action: "device.update", DeviceId: device}}))
	if err != nil {
		return err
	}
	n := 0
	for _, r := range r.Msg.Records {
		if strings.HasPrefix(r.Detail, version) {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("%d records of %s in %v", n, version, r.Msg.Records)
	}
	j.say("%s: %s %s", version, result, u.Detail)
	return nil
}

// unpin: the only Jump Client, which is online, is unpinned, and its device forgotten.
func (j *journey) unpin() error {
	jumps := apipbconnect.NewJumpServiceClient(j.rep.HTTP, j.broker.Console)
	var c *apipb.JumpClient
	if err := bed.Until(j.ctx, "the machine to be online", func() (bool, error) {
		all, err := jumps.ListJumpClients(j.ctx, connect.NewRequest(&apipb.ListJumpClientsRequest{}))
		if err != nil || len(all.Msg.Clients) != 1 {
			return false, fmt.Errorf("pinned is %v: %w", all, err)
		}
		c = all.Msg.Clients[0]
		return c.Online, nil
	}); err != nil {
		return err
	}
	if _, err := jumps.Unpin(j.ctx, connect.NewRequest(&apipb.UnpinRequest{Id: c.Id, Confirm: true})); err != nil {
		return err
	}
	if err := bed.Until(j.ctx, "the device to be forgotten", func() (bool, error) {
		r, err := j.rep.Inventory.GetDevice(j.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: c.DeviceId}))
		return err == nil && r.Msg.Device.Revoked, err
	}); err != nil {
		return err
	}
	r, err := j.rep.Audit.ListAudit(j.ctx, connect.NewRequest(&apipb.ListAuditRequest{Filter: &apipb.AuditFilter{Action: "jump.removed"}}))
	if err == nil && (len(r.Msg.Records) != 1 || r.Msg.Records[0].Result != "ok") {
		err = fmt.Errorf("recorded is %v", r.Msg.Records)
	}
	return err
}
