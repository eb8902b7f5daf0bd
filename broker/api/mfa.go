package api

import (
	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
)

type mfaService struct {
	*Server
	apipbconnect.UnimplementedMfaServiceHandler
}

func (s *Server) mfaRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewMfaServiceHandler(mfaService{Server: s}, opts...)
	return private(h)
}
