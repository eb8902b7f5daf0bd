import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { machineFacts, restartBetween, restarts, uptime } from "../src/core/machine.ts";
import { ActionSchema, type Session, SessionSchema } from "../src/gen/alongside/console/v1/console_pb.ts";
import { RestartSchema } from "../src/gen/alongside/console/v1/machine_pb.ts";
import { MachineInfoSchema, RestartState } from "../src/gen/alongside/wire/v1/machine_pb.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import * as ops from "./fake/ops.ts";
import { broker, by, live, shot, shown, test } from "./harness.ts";

const id = "5e551000";
const machine = (more = {}) =>
  create(MachineInfoSchema, {
    hostname: "ws-0147",
    os: "Debian GNU/Linux 12 (bookworm)",
    kernel: "Linux 6.1.0-13-amd64",
    arch: "amd64",
    user: "anna",
    uptimeS: 93_784n,
    processor: "AMD Ryzen 5 PRO 4650U",
    threads: 12,
    memoryBytes: 16_000_000_000n,
    memoryFreeBytes: 9_200_000_000n,
    disks: [{ mount: "/", fileSystem: "ext4", bytes: 512_000_000_000n, freeBytes: 210_000_000_000n }],
    addresses: [{ interface: "eth0", address: "192.0.2.17/24" }, { interface: "eth0", address: "2001:db8::17/64" }],
    ...more,
  });

test("X6: a machine in words, without what it does not know", async () => {
  assert.deepEqual([59, 61, 3600, 93_784, 86_400].map(uptime), ["less than a minute", "1 min", "1 h", "1 d 2 h", "1 d"]);
  const facts = machineFacts(machine());
  assert.deepEqual(facts.find((f) => f.id === "memory")?.values, ["9.2 GB free of 16.0 GB"]);
  assert.deepEqual(facts.find((f) => f.id === "disks")?.values, ["/: 210 GB free of 512 GB (ext4)"]);
  assert.deepEqual(machineFacts(create(MachineInfoSchema, { os: "Plan 9" })).map((f) => f.id), ["os"]);
});

test("X6: the machine beside the screen, asked again when wanted, with the reason when it says nothing", async () => {
  await live(ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160)));
  await shown(1);
  assert.equal(await by("tab-machine").count(), 0, "a broker that does not offer it is not asked");
  broker.putSession(id, { actions: [create(ActionSchema, { id: "machine", enabled: true })] });
  await by("tab-machine").click();
  await by("machine").getByText("cannot do that").waitFor();
  broker.company.machine = machine();
  await by("machine").getByRole("button", { name: "Try again" }).click();
  await by("machine-os").getByText("Debian GNU/Linux 12 (bookworm)").waitFor();
  assert.match(await by("machine-addresses").innerText(), /192\.0\.2\.17\/24 \(eth0\)[\s\S]*2001:db8::17\/64/);
  await shot("machine");
  broker.company.machine = machine({ os: "<b>hostile</b>" });
  await by("machine-refresh").click();
  await by("machine-os").getByText("<b>hostile</b>").waitFor();
  broker.company.machine = undefined;
  broker.company.machineFail = ErrorCode.DEVICE_OFFLINE;
  await by("machine-refresh").click();
  await by("machine").getByText("The device is offline.").waitFor();
});

const at = (state: RestartState, more = {}) => ({ restart: create(RestartSchema, { by: "Robin One", count: 1, state, ...more }) });

test("X7: each state of a restart is said once, in words", async () => {
  const none = create(SessionSchema, { id: "s", agentConnected: true });
  const s = (state: RestartState, more = {}): Session => create(SessionSchema, { id: "s", ...at(state, more) });
  assert.ok(restarts(s(RestartState.RESTARTING)) && !restarts(none) && !restarts(s(RestartState.REFUSED)));
  assert.deepEqual(restartBetween(none, s(RestartState.UNSPECIFIED)), []);
  assert.match(restartBetween(none, s(RestartState.ASKING))[0] ?? "", /being asked whether it may restart/);
  assert.match(restartBetween(s(RestartState.ASKING), s(RestartState.REFUSED, { code: ErrorCode.DENIED_BY_USER }))[0] ?? "", /said no/);
  assert.match(restartBetween(s(RestartState.RESTARTING), none)[0] ?? "", /is back/);
});

test("X7: a restart is confirmed, asked for, and the screen says that the device restarts", async () => {
  await live(ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160)));
  await shown(1);
  broker.putSession(id, { elevated: true, actions: [create(ActionSchema, { id: "restart", enabled: true })] });
  await by("menu-special").click();
  await by("restart").click();
  await by("restart-device-dialog").getByText("The person at the device is asked first.").waitFor();
  await shot("restart");
  await by("restart-device-confirm").click();
  await by("restart-device-dialog").waitFor({ state: "detached" });
  broker.putSession(id, at(RestartState.ASKING));
  await by("announcements").getByText("being asked whether it may restart").waitFor();
  broker.putSession(id, { ...at(RestartState.RESTARTING), agentConnected: false });
  await by("reason").getByText("The device is restarting.").waitFor();
  broker.putSession(id, { restart: undefined, agentConnected: true } as Partial<Session>);
  await by("announcements").getByText("The device is back.").waitFor();
});
