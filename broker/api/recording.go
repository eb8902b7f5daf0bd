package api

import (
	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
)

type recordingService struct {
	*Server
	apipbconnect.UnimplementedRecordingServiceHandler
}

func (s *Server) recordingRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewRecordingServiceHandler(recordingService{Server: s}, opts...)
	return private(h)
}
