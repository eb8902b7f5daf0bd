// Package api is the console's API, which is the public one: the Connect services
// of console.proto over the broker's parts. It asks package policy before it does
// anything, and every error it returns carries an ErrorDetail.
package api

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/button"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/directory"
	"github.com/alongside-remote/alongside/broker/fleet"
	"github.com/alongside-remote/alongside/broker/guest"
	"github.com/alongside-remote/alongside/broker/jump"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/mail"
	"github.com/alongside-remote/alongside/broker/policybook"
	"github.com/alongside-remote/alongside/broker/portal"
	"github.com/alongside-remote/alongside/broker/presence"
	"github.com/alongside-remote/alongside/broker/recording"
	"github.com/alongside-remote/alongside/broker/relay"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/transfer"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// maxRequest bounds a call: the largest is a chat message.
const maxRequest = 64 << 10

// Config is what the API works on.
type Config struct {
	Accounts *account.Service
	Store    *store.Store
	Audit    account.Log
	Fleet    *fleet.Fleet
	Book     *policybook.Book
	Desk     *desk.Desk
	// Doorman knows guests.
	Doorman *guest.Doorman
	// Recordings are those of sessions.
	Recordings *recording.Service
	Relay      *relay.Relay
	Hub        *live.Hub
	// ClosedSessions refuses to sign out who has open sessions.
	ClosedSessions bool
	// Room is who has a console open.
	Room *presence.Room
	Mail *mail.Sender
	// Directory is teams, queues and what else administrators set up.
	Directory *directory.Directory
	// Portal is the public page's side, PortalPage where the page is.
	Portal     *portal.Portal
	PortalPage func() string
	// Buttons are the Support Buttons of devices.
	Buttons *button.Keeper
	Log     *slog.Logger
	Now     func() time.Time
	// Files are the transfers of files.
	Files *transfer.Book
	// Jumps are the devices that were pinned.
	Jumps *jump.Book
	// Bundle makes the enrollment bundle for a token.
	Bundle func(token account.Secret, expires time.Time) ([]byte, error)
	// WebTransport tells where viewers connect and by which certificates; an
	// empty address means that it is not offered.
	WebTransport func() (url string, hashes [][]byte)
	// SignInName is what the identity provider is called; empty: there is none.
	SignInName string
	// Organisation is the name that everybody sees.
	Organisation func() string
	// SetUp is called after the first setup.
	SetUp func()
	// PingEvery is how often a quiet stream of changes shows that it lives;
	// zero is the constant.
	PingEvery time.Duration
}

// Server implements the services.
type Server struct{ Config }

// ViewerSocket is the path of the viewer's WebSocket.
const ViewerSocket = "/viewer/ws"

// Route is one procedure of the API.
type Route struct {
	Path    string
	Public  bool // may be called without a sign-in
	Half    bool // may be called while a second factor is missing
	Key     bool // may be called with an API key
	Guest   bool // may be called by a guest
	Handler http.Handler
}

// Routes lists every procedure.
func (s *Server) Routes() []Route {
	opts := []connect.HandlerOption{
		connect.WithInterceptors(typed{s.Log}), connect.WithReadMaxBytes(maxRequest),
	}
	return slices.Concat(
		s.signInRoutes(opts), s.mfaRoutes(opts), s.accountRoutes(opts), s.inventoryRoutes(opts), s.settingsRoutes(opts),
		s.requestRoutes(opts), s.sessionRoutes(opts), s.collaborationRoutes(opts), s.liveRoutes(opts), s.auditRoutes(opts), s.recordingRoutes(opts), s.mailRoutes(opts),
		s.directoryRoutes(opts), s.guestRoutes(opts), s.portalRoutes(opts), s.portalDeskRoutes(opts), s.jumpRoutes(opts), s.elevationRoutes(opts), s.machineRoutes(opts), s.buttonRoutes(opts), s.fileRoutes(opts),
	)
}

// private lists procedures of one handler that need a sign-in or an API key.
func private(h http.Handler, paths ...string) []Route {
	routes := personal(h, paths...)
	for i := range routes {
		routes[i].Key = true
	}
	return routes
}

// personal lists procedures of one handler that need a sign-in: those about
// passwords, second factors, roles and keys.
func personal(h http.Handler, paths ...string) []Route {
	routes := make([]Route, len(paths))
	for i, p := range paths {
		routes[i] = Route{Path: p, Handler: h}
	}
	return routes
}

// half lists procedures that may be called while a second factor is missing.
func half(h http.Handler, paths ...string) []Route {
	routes := personal(h, paths...)
	for i := range routes {
		routes[i].Half = true
	}
	return routes
}

// can asks whether the one who calls may do something.
func can(ctx context.Context, a policy.Action, o policy.Object) error {
	return policy.Can(account.Of(ctx).Policy(), a, o)
}

func parseID(s string) (wire.SessionID, error) {
	b, err := hex.DecodeString(s)
	if err == nil {
		var id wire.SessionID
		if id, err = wire.ParseSessionID(b); err == nil {
			return id, nil
		}
	}
	return wire.SessionID{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such session")
}
