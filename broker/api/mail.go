package api

import (
	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
)

type mailService struct {
	*Server
	apipbconnect.UnimplementedMailServiceHandler
}

func (s *Server) mailRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewMailServiceHandler(mailService{Server: s}, opts...)
	return private(h)
}
