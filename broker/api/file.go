package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/transfer"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

type fileService struct{ *Server }

func (s *Server) fileRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewFileServiceHandler(fileService{s}, opts...)
	all := []string{apipbconnect.FileServiceSendFileProcedure, apipbconnect.FileServiceFetchFileProcedure, apipbconnect.FileServiceCancelFileProcedure}
	return guests(private(h, all...), all...)
}

func (s fileService) begin(ctx context.Context, session string, w transfer.Wish) (*apipb.FileTransfer, error) {
	id, err := parseID(session)
	if err != nil {
		return nil, err
	}
	f, err := s.Files.Begin(ctx, account.Of(ctx), id, w)
	if err != nil {
		return nil, err
	}
	return fileOf(f), nil
}

func (s fileService) SendFile(ctx context.Context, r *connect.Request[apipb.SendFileRequest]) (*connect.Response[apipb.SendFileResponse], error) {
	f, err := s.begin(ctx, r.Msg.SessionId, transfer.Wish{
		Direction: wirepb.FileDirection_FILE_DIRECTION_TO_ENDPOINT, Name: r.Msg.Name, Size: r.Msg.Size, SHA256: r.Msg.Sha256,
	})
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.SendFileResponse{File: f}), nil
}

func (s fileService) FetchFile(ctx context.Context, r *connect.Request[apipb.FetchFileRequest]) (*connect.Response[apipb.FetchFileResponse], error) {
	f, err := s.begin(ctx, r.Msg.SessionId, transfer.Wish{Direction: wirepb.FileDirection_FILE_DIRECTION_FROM_ENDPOINT})
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.FetchFileResponse{File: f}), nil
}

func (s fileService) CancelFile(ctx context.Context, r *connect.Request[apipb.CancelFileRequest]) (*connect.Response[apipb.CancelFileResponse], error) {
	if err := s.Files.Cancel(account.Of(ctx), r.Msg.Id); err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.CancelFileResponse{}), nil
}

// fileStates pairs the states of a transfer with those of the API.
var fileStates = map[desk.FileState]apipb.FileState{
	desk.FileAsking:  apipb.FileState_FILE_STATE_ASKING,
	desk.FileAgreed:  apipb.FileState_FILE_STATE_AGREED,
	desk.FileRunning: apipb.FileState_FILE_STATE_RUNNING,
	desk.FileDone:    apipb.FileState_FILE_STATE_DONE,
	desk.FileFailed:  apipb.FileState_FILE_STATE_FAILED,
}

func fileOf(f desk.File) *apipb.FileTransfer {
	return &apipb.FileTransfer{
		Id: f.ID, Direction: f.Direction, Name: f.Name, Size: f.Size, Done: f.Done, State: fileStates[f.State], Code: f.Code, Detail: f.Detail,
		ById: f.By, ByName: f.ByName, Sha256: f.SHA256, StoredAs: f.StoredAs,
	}
}

// fileParts adds the transfers of a session, and what p may send and be sent.
func fileParts(p account.Principal, s desk.Session, w *apipb.Session) {
	if s.Phase != support.Active && s.Phase != support.Held {
		return
	}
	w.Actions = append(w.Actions,
		offered("send_file", desk.MayTransfer(p, s, wirepb.FileDirection_FILE_DIRECTION_TO_ENDPOINT)),
		offered("fetch_file", desk.MayTransfer(p, s, wirepb.FileDirection_FILE_DIRECTION_FROM_ENDPOINT)))
	for _, f := range s.Files {
		w.Files = append(w.Files, fileOf(f))
	}
}
