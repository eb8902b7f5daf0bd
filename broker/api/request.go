package api

import (
	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
)

type requestService struct {
	*Server
	apipbconnect.UnimplementedRequestServiceHandler
}

func (s *Server) requestRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewRequestServiceHandler(requestService{Server: s}, opts...)
	return private(h)
}
