import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type AuditRecord, AuditRecordSchema, type Device, DeviceSchema } from "../../src/gen/alongside/console/v1/console_pb.ts";
import { ErrorCode, Reason } from "../../src/gen/alongside/wire/v1/reason_pb.ts";

export function device(id: string, hostname: string, over: { online?: boolean; user?: string; os?: string; screen?: Reason; code?: ErrorCode; reason?: string; tags?: string[]; group?: string; views?: string[] } = {}): Device {
  const online = over.online ?? true;
  const screen = over.screen ?? Reason.OK;
  const enabled = online && screen === Reason.OK && over.code === undefined;
  const code = over.code ?? (online ? ErrorCode.UNSPECIFIED : ErrorCode.DEVICE_OFFLINE);
  return create(DeviceSchema, {
    id,
    online,
    entitled: true,
    tags: over.tags ?? [],
    group: over.group ?? "",
    views: over.views ?? ["all"],
    info: { hostname, os: "linux", osVersion: over.os ?? "Debian GNU/Linux 12", arch: "amd64", agentVersion: "0.1.0", user: over.user ?? "user.a" },
    lastSeen: timestampFromDate(new Date(Date.now() - 3 * 3600_000)),
    enrolledAt: timestampFromDate(new Date(Date.UTC(2026, 2, 4, 9, 12))),
    capabilities: {
      screen: { reason: screen, backend: "x11" },
      input: { reason: Reason.OK, backend: "xtest" },
      consent: { reason: Reason.OK, backend: "zenity" },
      userPresent: true,
      monitors: [
        { id: 1, width: 2560, height: 1440, primary: true, name: "HDMI-1" },
        { id: 2, width: 1920, height: 1080, name: "DP-2" },
      ],
    },
    actions: ["support", "screenshare", "revoke"].map((a) => ({ id: a, enabled: a === "revoke" || enabled, code, reason: over.reason ?? "" })),
  });
}

export function inventory(): Device[] {
  return [
    device("d1", "ws-0147", { os: "Ubuntu 24.04", tags: ["finance", "pilot"], group: "Berlin", views: ["desks", "all"] }),
    device("d2", "ws-0152", { user: "user.b", tags: ["finance"], group: "Berlin", views: ["desks", "all"] }),
    device("d3", "mb-design-3", { user: "user.c", os: "macOS 15.4", screen: Reason.PERMISSION_MISSING }),
    device("d4", "kiosk-hall-2", { online: false, user: "" }),
    device("d5", "srv-term-1", { user: "18 users", os: "Windows Server 2025", code: ErrorCode.POLICY_DENIED, reason: "not allowed by Servers", group: "Data centre" }),
  ];
}

export function audit(): AuditRecord[] {
  const rows: [string, string, string, string, string, string][] = [
    ["Robin One", "session.start", "ws-0147", "ok", "from the inventory", "5e551000"],
    ["user.a", "session.consent", "ws-0147", "ok", "permissions=view,control user=\"user.a\" terminal_session=\"own\" at=2026-11-22T19:09:48.320Z", "5e551000"],
    ["Robin One", "session.request", "mb-design-1", "denied_by_user", "", "5e551001"],
    ["system", "device.refused", "unknown key", "not_enrolled", "192.0.2.14", ""],
    ["Robin One", "account.sign_in", "", "ok", "", ""],
  ];
  return rows.map(([actorName, action, objectName, result, detail, sessionId], i) =>
    create(AuditRecordSchema, { seq: BigInt(48213 - i), at: timestampFromDate(new Date(Date.now() - i * 71_000)), actor: "rep:r1", actorName, action, object: "device:d1", objectName, result, detail, sessionId, hash: Uint8Array.from({ length: 32 }, (_, j) => (i * 37 + j * 11 + 0x9f) & 255) }),
  );
}
