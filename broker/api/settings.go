package api

import (
	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
)

type settingsService struct {
	*Server
	apipbconnect.UnimplementedSettingsServiceHandler
}

func (s *Server) settingsRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewSettingsServiceHandler(settingsService{Server: s}, opts...)
	return private(h)
}
