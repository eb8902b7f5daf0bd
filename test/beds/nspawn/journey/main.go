//go:build linux

// Command journey is the rep, and the people in front of a machine, of the beds
// nspawn/journey.sh, nspawn/login.sh and nspawn/pin.sh. It runs as root on that machine, whose logins, X servers, prompts
// and homes are its to look at, and reaches the console there.
//
//	journey group NAME           a Jump Group with the rep in it
//	journey people NAME NAME     a session with two users at once
//	journey absent               a Jump with nobody signed in, and the unpinning
//	journey elevate NAME ADMIN   a session with a user's client, elevated in both ways
//	journey pin NAME ADMIN       an elevated session with a user's client, pinned, and a Jump
//	journey unpin                the unpinning of a machine that was pinned so
//	journey update VERSION RESULT
//	                             what became of a version on that machine
//	journey mirror ADDRESS FOLDER
//	                             no rep: a web server with a folder of updates
//	journey login NAME VNC       Jumps at the login screens of a display manager, where
//	                             that user signs in by them
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/test/bed"
)

// stageTimeout bounds one stage: ten times what it takes on a quiet machine.
const stageTimeout = 5 * time.Minute

func main() {
	var at, name, password string
	flag.StringVar(&at, "console", "", "address of the console")
	flag.StringVar(&name, "name", "rep.one", "account of the rep")
	flag.StringVar(&password, "password", "", "password of the rep")
	flag.Parse()
	var err error
	if args := flag.Args(); len(args) == 3 && args[0] == "mirror" {
		err = http.ListenAndServe(args[1], http.FileServer(http.Dir(args[2]))) //nolint:gosec // of this machine alone
	} else {
		err = run(at, name, password, args)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "journey:", err)
		os.Exit(1)
	}
}

func run(at, name, password string, args []string) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), stageTimeout, errors.New("the stage took too long"))
	defer cancel()
	j := &journey{ctx: ctx, broker: &bed.Broker{Console: at}, password: password}
	var err error
	if j.rep, err = j.broker.SignIn(ctx, name, password); err != nil {
		return err
	}
	switch {
	case len(args) == 2 && args[0] == "group":
		return j.group(args[1])
	case len(args) == 3 && args[0] == "people":
		return j.people(args[1], args[2])
	case len(args) == 1 && args[0] == "absent":
		return j.absent()
	case len(args) == 3 && args[0] == "elevate":
		return j.elevate(args[1], args[2], password)
	case len(args) == 3 && args[0] == "pin":
		return j.pin(args[1], args[2], password)
	case len(args) == 1 && args[0] == "unpin":
		return j.unpin()
	case len(args) == 3 && args[0] == "update":
		return j.update(args[1], args[2])
	case len(args) == 3 && args[0] == "login":
		return j.login(args[1], args[2])
	}
	return fmt.Errorf("no such stage: %q", args)
}

// journey is a rep at work.
type journey struct {
	ctx    context.Context //nolint:containedctx // of the whole program
	broker *bed.Broker
	rep    *bed.Rep

	password string // of the rep, and of the people
}

func (j *journey) say(format string, args ...any) { fmt.Printf("ok: "+format+"\n", args...) }

// group makes a Jump Group with the rep in it.
func (j *journey) group(name string) error {
	me, err := j.rep.SignInAPI.State(j.ctx, connect.NewRequest(&apipb.StateRequest{}))
	if err != nil {
		return err
	}
	_, err = apipbconnect.NewConfigServiceClient(j.rep.HTTP, j.broker.Console).SaveObject(j.ctx, connect.NewRequest(&apipb.SaveObjectRequest{
		Object: &apipb.ConfigObject{Name: name, Object: &apipb.ConfigObject_JumpGroup{JumpGroup: &apipb.JumpGroup{
			Members: []*apipb.JumpMember{{Account: me.Msg.Rep.Id, Pin: true}},
		}}},
	}))
	return err
}

// place is a terminal session and its desktop.
type place struct {
	terminal.Session
	*bed.Desktop
}

// places finds the sessions that logind knows and that have a desktop.
func (j *journey) places(wanted func(terminal.Session) bool) ([]place, error) {
	w, err := terminal.Open(j.ctx, terminal.Options{Backend: "logind", Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.Close() }()
	all, err := w.Sessions()
	var found []place
	for _, s := range all {
		if s.Graphical && wanted(s) {
			s = terminal.Surroundings(s)
			found = append(found, place{s, bed.Attach(s.Display, s.XAuthority, s.Home, os.Stderr)})
		}
	}
	return found, err
}

// person is the desktop of one who is signed in.
func (j *journey) person(name string) (place, error) {
	all, err := j.places(func(s terminal.Session) bool { return s.User == name && !s.Greeter })
	if err != nil || len(all) != 1 {
		return place{}, fmt.Errorf("%s has %d desktops: %w", name, len(all), err)
	}
	j.say("%s has session %s at %s", name, all[0].ID, all[0].Session.Display)
	return all[0], nil
}
