package api

import (
	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
)

type accountService struct {
	*Server
	apipbconnect.UnimplementedAccountServiceHandler
}

func (s *Server) accountRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewAccountServiceHandler(accountService{Server: s}, opts...)
	return private(h)
}
