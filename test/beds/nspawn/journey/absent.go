//go:build linux

package main

import (
	"errors"
	"fmt"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// absent: with nobody signed in the Jump Client of the bundle is started, first against
// the rule for that and then by it, at the login screen; then it is unpinned.
func (j *journey) absent() error {
	screen, err := j.greeter()
	if err != nil {
		return err
	}
	c, err := j.pinned()
	if err != nil {
		return err
	}
	if err := j.nobody(c, 1); err != nil {
		return err
	}
	if err := j.refused(c); err != nil {
		return err
	}
	if err := j.permit(c.DeviceId, "consent_absent", "notify"); err != nil {
		return err
	}
	s, err := j.start(c, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	if err != nil {
		return err
	}
	if _, err := j.seen(s, screen); err != nil {
		return err
	}
	if _, err := j.rep.Sessions.End(j.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		return err
	}
	return j.unpinned(c)
}

// greeter waits for the one login screen.
func (j *journey) greeter() (place, error) {
	var found []place
	err := bed.Until(j.ctx, "one login screen", func() (bool, error) {
		var err error
		found, err = j.places(func(s terminal.Session) bool { return s.Greeter && !s.Gone })
		return len(found) == 1, errors.Join(err, fmt.Errorf("there are %d", len(found)))
	})
	if err != nil {
		return place{}, err
	}
	return found[0], nil
}

func (j *journey) jumps() apipbconnect.JumpServiceClient {
	return apipbconnect.NewJumpServiceClient(j.rep.HTTP, j.broker.Console)
}

// pinned is the one Jump Client.
func (j *journey) pinned() (*apipb.JumpClient, error) {
	all, err := j.jumps().ListJumpClients(j.ctx, connect.NewRequest(&apipb.ListJumpClientsRequest{}))
	if err != nil || len(all.Msg.Clients) != 1 || all.Msg.Clients[0].Mode != wirepb.JumpMode_JUMP_MODE_SERVICE {
		return nil, fmt.Errorf("pinned is %v: %w", all, err)
	}
	return all.Msg.Clients[0], nil
}

// nobody waits until the broker knows the machine with nobody in front, and so many
// monitors.
func (j *journey) nobody(c *apipb.JumpClient, monitors int) error {
	return bed.Until(j.ctx, "the machine with nobody in front", func() (bool, error) {
		r, err := j.rep.Inventory.GetDevice(j.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: c.DeviceId}))
		if err != nil {
			return false, err
		}
		d := r.Msg.Device
		return d.Online && !d.Capabilities.GetUserPresent() && d.Info.User == "" && len(d.Capabilities.GetMonitors()) == monitors, fmt.Errorf("the broker knows %v", d)
	})
}

// start starts the Jump Client and waits for what becomes of it.
func (j *journey) start(c *apipb.JumpClient, phase apipb.SessionPhase) (*apipb.Session, error) {
	r, err := j.jumps().StartJump(j.ctx, connect.NewRequest(&apipb.StartJumpRequest{Id: c.Id}))
	if err != nil {
		return nil, err
	}
	return j.rep.Phase(j.ctx, r.Msg.Session.Id, phase)
}

// refused starts it in vain, for want of somebody or of a rule.
func (j *journey) refused(c *apipb.JumpClient) error {
	s, err := j.start(c, apipb.SessionPhase_SESSION_PHASE_DENIED)
	if err != nil || s.Code != wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT {
		return fmt.Errorf("not refused for want of a person: %v: %w", s, err)
	}
	return nil
}

// seen looks at a login screen that a session shows, and stays.
func (j *journey) seen(s *apipb.Session, login place) (*viewer.Session, error) {
	v, err := j.rep.Watch(j.ctx, j.broker, s.Id)
	if err != nil {
		return nil, err
	}
	return v, j.same(v, login)
}

// same checks that the rep sees a login screen, under the banner and without a question.
func (j *journey) same(v *viewer.Session, login place) error {
	if _, err := login.Window(j.ctx, bed.BannerTitle); err != nil {
		return err
	}
	if err := bed.SameCanvas(j.ctx, v, login.Desktop); err != nil {
		return err
	}
	if login.HasWindow(bed.ConsentTitle) {
		return errors.New("the login screen asks")
	}
	j.say("the login screen %s is seen in every pixel, under the banner, and nobody was asked", login.ID)
	return nil
}

// unpinned removes the Jump Client, and waits until the machine has said that it did.
func (j *journey) unpinned(c *apipb.JumpClient) error {
	if _, err := j.jumps().Unpin(j.ctx, connect.NewRequest(&apipb.UnpinRequest{Id: c.Id, Confirm: true})); err != nil {
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
