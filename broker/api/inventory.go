package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/fleet"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/policybook"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
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
		apipbconnect.InventoryServiceRevokeEnrollmentTokenProcedure, apipbconnect.InventoryServiceUpdateDeviceProcedure)
}

func (s inventoryService) ListDevices(ctx context.Context, r *connect.Request[apipb.ListDevicesRequest]) (*connect.Response[apipb.ListDevicesResponse], error) {
	if err := can(ctx, policy.ListDevices, policy.Object{}); err != nil {
		return nil, err
	}
	devices, err := s.devicesOf(ctx, account.Of(ctx), r.Msg)
	return connect.NewResponse(&apipb.ListDevicesResponse{Devices: devices}), err
}

func (s inventoryService) GetDevice(ctx context.Context, r *connect.Request[apipb.GetDeviceRequest]) (*connect.Response[apipb.GetDeviceResponse], error) {
	if err := can(ctx, policy.ListDevices, policy.Object{}); err != nil {
		return nil, err
	}
	d, err := s.deviceByID(ctx, account.Of(ctx), r.Msg.Id)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.GetDeviceResponse{Device: d}), s.detail(ctx, d)
}

func (s inventoryService) RevokeDevice(ctx context.Context, r *connect.Request[apipb.RevokeDeviceRequest]) (*connect.Response[apipb.RevokeDeviceResponse], error) {
	if err := can(ctx, policy.RevokeDevice, policy.Object{}); err != nil {
		return nil, err
	}
	if !r.Msg.Confirm {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED, "the device has to be enrolled again afterwards")
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

func (s inventoryService) UpdateDevice(ctx context.Context, r *connect.Request[apipb.UpdateDeviceRequest]) (*connect.Response[apipb.UpdateDeviceResponse], error) {
	if err := can(ctx, policy.EditDevice, policy.Object{}); err != nil {
		return nil, err
	}
	c := policybook.DeviceChange{Group: r.Msg.Group, Entitled: r.Msg.Entitled, Approve: r.Msg.Approve}
	if r.Msg.Tags != nil {
		c.Tags = &r.Msg.Tags.Tags
	}
	p := account.Of(ctx)
	d, err := s.Book.UpdateDevice(ctx, p, r.Msg.Id, c)
	if err != nil {
		return nil, err
	}
	w := s.deviceOf(p, d)
	return connect.NewResponse(&apipb.UpdateDeviceResponse{Device: w}), s.detail(ctx, w)
}
