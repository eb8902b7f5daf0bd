//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// login: Jumps to a machine that has no seat, until a VNC client brings a login screen.
// The rep signs somebody in there: who is in front then is asked, or not, as the rule
// says, and a session goes on by a Yes, ends by a No.
func (j *journey) login(user, vnc string) error {
	c, err := j.pinned()
	if err != nil {
		return err
	}
	if err := j.nobody(c, 0); err != nil {
		return err
	}
	if err := j.permit(c.DeviceId, "consent_absent", "notify"); err != nil {
		return err
	}
	if err := j.refused(c); err != nil {
		return err
	}
	j.say("without a login screen there is nothing to show")
	for _, r := range []struct {
		present string // the rule for somebody in front
		then    func(s *apipb.Session, v *viewer.Session, user, vnc string) error
	}{
		{"ask", j.saysYes}, {"ask", j.saysNo}, {"notify", j.isTold},
	} {
		if err := j.permit(c.DeviceId, "consent_present", r.present); err != nil {
			return err
		}
		at, err := sit(j.ctx, vnc)
		if err != nil {
			return err
		}
		if err := errors.Join(j.signsIn(c, user, func(s *apipb.Session, v *viewer.Session) error { return r.then(s, v, user, vnc) }), at.leave()); err != nil {
			return err
		}
	}
	return j.unpinned(c)
}

// signsIn starts the Jump Client at the only login screen and signs a user in there.
func (j *journey) signsIn(c *apipb.JumpClient, user string, then func(*apipb.Session, *viewer.Session) error) error {
	screen, err := j.greeter()
	if err != nil {
		return err
	}
	if err := j.nobody(c, 1); err != nil {
		return err
	}
	s, err := j.start(c, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	if err != nil {
		return err
	}
	v, err := j.seen(s, screen)
	if err != nil {
		return err
	}
	if err := j.notBlank(screen); err != nil {
		return err
	}
	for i, answer := range []string{user, j.password} {
		if err := j.wants(screen, i+1); err != nil {
			return err
		}
		if err := enter(v, answer); err != nil {
			return err
		}
	}
	j.say("%s's name and password are typed at the login screen", user)
	return then(s, v)
}

// notBlank checks that there is something on a screen: a greeter that has not drawn
// is of one colour.
func (j *journey) notBlank(p place) error {
	const colours = 16
	return bed.Until(j.ctx, "something on the screen", func() (bool, error) {
		img, err := p.Dump()
		if err != nil {
			return false, err
		}
		seen := map[[3]byte]bool{}
		for i := 0; i < len(img.Pix); i += 4 {
			seen[[3]byte(img.Pix[i:])] = true
		}
		return len(seen) >= colours, fmt.Errorf("%d colours", len(seen))
	})
}

// wants waits until a greeter has asked so often, and so takes what is typed for the
// answer: it tells its log before it draws the question.
func (j *journey) wants(screen place, questions int) error {
	return bed.Until(j.ctx, "the greeter to ask", func() (bool, error) {
		log, err := os.ReadFile("/var/log/bed/greeter-" + screen.ID + ".log")
		return bytes.Count(log, []byte("Prompt user with ")) >= questions, err
	})
}

// signedIn waits for the desktop of somebody who has signed in, and for all that is on
// it at first.
func (j *journey) signedIn(name string) (place, error) {
	if err := bed.Until(j.ctx, name+" to be signed in", func() (bool, error) {
		all, err := j.places(func(s terminal.Session) bool { return s.User == name && !s.Gone })
		return len(all) == 1, err
	}); err != nil {
		return place{}, err
	}
	p, err := j.person(name)
	if err == nil {
		_, err = p.Window(j.ctx, "Terminal")
	}
	return p, err
}

// saysYes: the session follows with the user's Yes, goes to another login screen without
// a question, and back with another Yes.
func (j *journey) saysYes(s *apipb.Session, v *viewer.Session, user, vnc string) error {
	p, err := j.signedIn(user)
	if err != nil {
		return err
	}
	if err := p.AnswerCard(j.ctx, true); err != nil {
		return err
	}
	if err := j.moved(s.Id, p, wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE); err != nil {
		return err
	}
	if err := j.work(v, p); err != nil {
		return err
	}
	at, err := sit(j.ctx, vnc)
	if err != nil {
		return err
	}
	if err := errors.Join(j.toAndFro(s, v, p), at.leave()); err != nil {
		return err
	}
	return j.end(s, p)
}

func (j *journey) toAndFro(s *apipb.Session, v *viewer.Session, p place) error {
	other, err := j.greeter()
	if err != nil {
		return err
	}
	if err := j.goTo(s.Id, other); err != nil {
		return err
	}
	if err := j.moved(s.Id, other, wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE); err != nil {
		return err
	}
	if err := j.same(v, other); err != nil {
		return err
	}
	if err := j.move(s.Id, p, true); err != nil {
		return err
	}
	return j.work(v, p)
}

// end ends a session, and waits until its banner is gone.
func (j *journey) end(s *apipb.Session, p place) error {
	if _, err := j.rep.Sessions.End(j.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		return err
	}
	return bed.Until(j.ctx, "the banner to go", func() (bool, error) { return !p.HasWindow(bed.BannerTitle), nil })
}

// saysNo: the session ends.
func (j *journey) saysNo(s *apipb.Session, _ *viewer.Session, user, _ string) error {
	p, err := j.signedIn(user)
	if err != nil {
		return err
	}
	if err := p.AnswerCard(j.ctx, false); err != nil {
		return err
	}
	ended, err := j.rep.Phase(j.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	if err != nil {
		return err
	}
	if ended.Code != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
		return fmt.Errorf("ended with %v", ended.Code)
	}
	j.say("%s's No ends the session", user)
	return nil
}

// isTold: the session follows, under the banner.
func (j *journey) isTold(s *apipb.Session, v *viewer.Session, user, _ string) error {
	p, err := j.signedIn(user)
	if err != nil {
		return err
	}
	if err := j.moved(s.Id, p, wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE); err != nil {
		return err
	}
	if p.HasWindow(bed.ConsentTitle) {
		return fmt.Errorf("%s is asked", user)
	}
	if err := j.work(v, p); err != nil {
		return err
	}
	return j.end(s, p)
}
