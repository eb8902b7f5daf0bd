//go:build linux

package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	// polkitTitle is that of polkit-gnome, the polkit agent of this desktop.
	polkitTitle = "^Authenticate$"
	// typeAgain is how long it may take until it takes a password, or has checked one.
	typeAgain = 10 * time.Second
)

// elevate: the client that this person runs is tried with a wrong password of the
// administrator's, and then by the question of the person's own desktop: closed, then
// answered wrongly and rightly. The one session goes on through all of it, seen and typed in,
// and the elevated client goes with it.
func (j *journey) elevate(name, admin, password string) error {
	p, s, err := j.begin(name)
	if err != nil {
		return err
	}
	v, err := j.rep.Watch(j.ctx, j.broker, s.Id)
	if err != nil {
		return err
	}
	if err := j.try(s.Id, admin, password+"x"); err != nil {
		return err
	}
	if err := p.AnswerCard(j.ctx, true); err != nil {
		return err
	}
	if err := j.tried(s.Id, 1, wirepb.ElevationState_ELEVATION_STATE_REFUSED, wirepb.ErrorCode_ERROR_CODE_BAD_CREDENTIALS); err != nil {
		return err
	}
	if err := j.try(s.Id, "", ""); err != nil {
		return err
	}
	if err := p.AnswerTo(j.ctx, polkitTitle, false); err != nil {
		return err
	}
	if err := j.tried(s.Id, 2, wirepb.ElevationState_ELEVATION_STATE_REFUSED, wirepb.ErrorCode_ERROR_CODE_ELEVATION_CANCELLED); err != nil {
		return err
	}
	if err := j.work(v, p); err != nil { // a refusal changes nothing
		return err
	}
	if err := j.try(s.Id, "", ""); err != nil {
		return err
	}
	if err := p.Type(j.ctx, polkitTitle, password+"x"); err != nil {
		return err
	}
	if err := bed.Until(j.ctx, "two wrong passwords in the machine's log", func() (bool, error) {
		out, err := exec.CommandContext(j.ctx, "journalctl", "-b", "-t", "polkit-agent-helper-1").CombinedOutput()
		return strings.Count(string(out), "authentication failure") == 2, errors.Join(errors.New(string(out)), err)
	}); err != nil {
		return err
	}
	j.say("%s's desktop was told a wrong password, and asks again", name)
	if err := j.vouch(p, password); err != nil {
		return err
	}
	if err := j.tried(s.Id, 3, wirepb.ElevationState_ELEVATION_STATE_DONE, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED); err != nil {
		return err
	}
	// The channel ends with the process that held it: a viewer comes back to the same session.
	if v, err = j.rep.Watch(j.ctx, j.broker, s.Id); err != nil {
		return err
	}
	if err := j.work(v, p); err != nil {
		return err
	}
	_, err = j.rep.Sessions.End(j.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id}))
	return err
}

// vouch types a password into the question of the person's desktop until it is taken: while
// the one before is checked nothing is.
func (j *journey) vouch(p place, password string) error {
	var last time.Time
	return bed.Until(j.ctx, "the desktop to take the password", func() (bool, error) {
		if !p.HasWindow(polkitTitle) {
			return true, nil
		}
		if time.Since(last) < typeAgain {
			return false, nil
		}
		last = time.Now()
		return false, p.Type(j.ctx, polkitTitle, password)
	})
}

// try asks for the rights once the endpoint offers them: by the question of the person's
// desktop, or with somebody's credentials.
func (j *journey) try(session, who, password string) error {
	e := &apipb.ElevateRequest{SessionId: session, Method: wirepb.ElevationMethod_ELEVATION_METHOD_PROMPT_CUSTOMER, Nonce: make([]byte, wire.SessionIDSize)}
	_, _ = rand.Read(e.Nonce) // never fails
	var offer *wirepb.ElevationOffer
	if err := bed.Until(j.ctx, "the offer", func() (bool, error) {
		s, err := j.session(session)
		offer = s.GetElevationOffer()
		return offer != nil, err
	}); err != nil {
		return err
	}
	if who != "" {
		b, err := hex.DecodeString(session)
		if err != nil {
			return err
		}
		id, err := wire.ParseSessionID(b)
		if err != nil {
			return err
		}
		e.Method = wirepb.ElevationMethod_ELEVATION_METHOD_SPECIFIC_USER
		if e.Sealed, err = wire.SealCredentials(offer.Key, id, e.Nonce, &wirepb.ElevationCredentials{User: who, Password: password}); err != nil {
			return err
		}
	}
	_, err := apipbconnect.NewElevationServiceClient(j.rep.HTTP, j.broker.Console).Elevate(j.ctx, connect.NewRequest(e))
	return err
}

// tried waits until the count-th try of a session is over, as it should be.
func (j *journey) tried(session string, count uint32, state wirepb.ElevationState, code wirepb.ErrorCode) error {
	err := bed.Until(j.ctx, "the try to be over", func() (bool, error) {
		s, err := j.session(session)
		if err != nil {
			return false, err
		}
		e := s.GetElevation()
		return s.Phase == apipb.SessionPhase_SESSION_PHASE_ACTIVE && e.GetCount() == count && e.GetState() == state && e.GetCode() == code &&
			s.Elevated == (state == wirepb.ElevationState_ELEVATION_STATE_DONE), fmt.Errorf("it is %v, the session %v", e, s.Phase)
	})
	if err == nil {
		j.say("try %d came to %v %v", count, state, code)
	}
	return err
}

func (j *journey) session(id string) (*apipb.Session, error) {
	r, err := j.rep.Sessions.Get(j.ctx, connect.NewRequest(&apipb.GetRequest{Id: id}))
	if err != nil {
		return nil, err
	}
	return r.Msg.Session, nil
}
