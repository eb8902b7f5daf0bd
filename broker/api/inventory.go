package api

import (
	"context"
	"strings"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/fleet"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

type inventoryService struct {
	*Server
	apipbconnect.UnimplementedInventoryServiceHandler
}

func (s *Server) inventoryRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewInventoryServiceHandler(inventoryService{Server: s}, opts...)
	return private(h, apipbconnect.InventoryServiceListDevicesProcedure, apipbconnect.InventoryServiceGetDeviceProcedure, apipbconnect.InventoryServiceRevokeDeviceProcedure,
		apipbconnect.InventoryServiceCreateEnrollmentTokenProcedure, apipbconnect.InventoryServiceListEnrollmentTokensProcedure,
		apipbconnect.InventoryServiceRevokeEnrollmentTokenProcedure)
}

func (s inventoryService) ListDevices(ctx context.Context, r *connect.Request[apipb.ListDevicesRequest]) (*connect.Response[apipb.ListDevicesResponse], error) {
	if err := can(ctx, policy.ListDevices, policy.Object{}); err != nil {
		return nil, err
	}
	devices, err := s.devices(ctx, account.Of(ctx), r.Msg.Query)
	return connect.NewResponse(&apipb.ListDevicesResponse{Devices: devices}), err
}

// devices lists those whose texts hold every word of the query.
func (s *Server) devices(ctx context.Context, p account.Principal, query string) ([]*apipb.Device, error) {
	all, err := s.Store.Devices(ctx)
	if err != nil {
		return nil, err
	}
	words := strings.Fields(strings.ToLower(query))
	var found []*apipb.Device
	for _, d := range all {
		if matches(d, words) {
			found = append(found, s.deviceOf(p, d))
		}
	}
	return found, nil
}

func matches(d store.Device, words []string) bool {
	hay := strings.ToLower(strings.Join([]string{d.Hostname, d.User, d.OS, d.OSVersion, d.ID}, "\n"))
	for _, w := range words {
		if !strings.Contains(hay, w) {
			return false
		}
	}
	return true
}

func (s inventoryService) GetDevice(ctx context.Context, r *connect.Request[apipb.GetDeviceRequest]) (*connect.Response[apipb.GetDeviceResponse], error) {
	if err := can(ctx, policy.ListDevices, policy.Object{}); err != nil {
		return nil, err
	}
	d, err := s.deviceByID(ctx, account.Of(ctx), r.Msg.Id)
	return connect.NewResponse(&apipb.GetDeviceResponse{Device: d}), err
}

func (s inventoryService) RevokeDevice(ctx context.Context, r *connect.Request[apipb.RevokeDeviceRequest]) (*connect.Response[apipb.RevokeDeviceResponse], error) {
	if err := can(ctx, policy.RevokeDevice, policy.Object{}); err != nil {
		return nil, err
	}
	if !r.Msg.Confirm {
		return nil, refuse(wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED, "the device has to be enrolled again afterwards")
	}
	p := account.Of(ctx)
	if err := fleet.Revoke(ctx, s.Store, s.Audit, p.Actor(), p.DisplayName, r.Msg.Id, s.Now()); err != nil {
		return nil, err
	}
	s.Desk.EndAll(ctx, r.Msg.Id, wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED)
	s.Fleet.Cut(r.Msg.Id)
	s.Hub.Publish(live.Change{Device: r.Msg.Id})
	return connect.NewResponse(&apipb.RevokeDeviceResponse{}), nil
}
