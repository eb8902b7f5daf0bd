import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { moveBetween, moves, otherTerminals, terminalHint, terminalName } from "../src/core/terminals.ts";
import { ActionSchema, type Session, SessionSchema } from "../src/gen/alongside/console/v1/console_pb.ts";
import { TerminalMoveSchema } from "../src/gen/alongside/console/v1/elevation_pb.ts";
import { TerminalSessionSchema, TerminalSwitchState } from "../src/gen/alongside/wire/v1/elevation_pb.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import * as ops from "./fake/ops.ts";
import { broker, by, live, shot, shown, test } from "./harness.ts";

const id = "5e551000";
const people = (...users: string[]) => users.map((user, i) => create(TerminalSessionSchema, { id: user, user, shown: i === 0, active: i === 0 }));
const may = (code: ErrorCode) => ({ actions: [create(ActionSchema, { id: "terminals", enabled: code === ErrorCode.UNSPECIFIED, code })] });

const at = (state: TerminalSwitchState, more = {}): Session =>
  create(SessionSchema, { id: "s", terminalMove: create(TerminalMoveSchema, { user: "bob", by: "Rob", count: 1, state, ...more }) });

test("V12: the shown terminal session is not offered, and each is told apart", async () => {
  const shown = create(TerminalSessionSchema, { id: "1", user: "alice", shown: true, active: true });
  const other = create(TerminalSessionSchema, { id: "2", user: "bob", remote: true, locked: true });
  const login = create(TerminalSessionSchema, { id: "3", user: "gdm", greeter: true });
  assert.deepEqual(otherTerminals(create(SessionSchema, { terminals: [shown, other, login] })).map((t) => t.id), ["2", "3"]);
  assert.equal(terminalHint(shown), "in front · session 1");
  assert.equal(terminalHint(other), "remote · locked · session 2");
  assert.equal(terminalName(login), "Sign-in screen");
});

test("V12: each state of a switch is said once, in words", async () => {
  const none = create(SessionSchema, { id: "s" });
  const asked = at(TerminalSwitchState.UNSPECIFIED);
  const asking = at(TerminalSwitchState.ASKING);
  assert.deepEqual(moveBetween(none, asked), []);
  assert.ok(moves(asked) && moves(asking) && !moves(none) && !moves(at(TerminalSwitchState.DONE)));
  assert.match(moveBetween(asked, asking)[0] ?? "", /bob is being asked/);
  assert.deepEqual(moveBetween(asking, asking), []);
  assert.match(moveBetween(asking, at(TerminalSwitchState.DONE))[0] ?? "", /screen of bob now/);
  assert.match(moveBetween(asking, at(TerminalSwitchState.REFUSED, { code: ErrorCode.DENIED_BY_USER }))[0] ?? "", /bob said no/);
  assert.match(moveBetween(asking, at(TerminalSwitchState.REFUSED, { code: ErrorCode.CONSENT_TIMEOUT }))[0] ?? "", /Nobody answered/);
  assert.match(moveBetween(none, at(TerminalSwitchState.ASKING, { by: "", count: 2 }))[0] ?? "", /is gone\. bob is being asked/);
});

test("V12 V13 V14 V15 V16: special actions come and go with the push, and switch", async () => {
  await live(ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160)));
  await shown(1);
  assert.equal(await by("menu-special").count(), 0, "nothing is offered yet");
  broker.putSession(id, may(ErrorCode.REQUIRES_ELEVATION));
  await by("menu-special").click();
  assert.match(await by("terminals-not").innerText(), /the user's rights only/);
  broker.putSession(id, { ...may(ErrorCode.FORBIDDEN), elevated: true, terminals: [] });
  await by("menu-special").waitFor({ state: "detached" });
  broker.putSession(id, { ...may(ErrorCode.TERMINAL_UNKNOWN), terminals: people("alice") });
  assert.equal(await by("menu-special").count(), 0, "nobody else is there");
  broker.putSession(id, { ...may(ErrorCode.UNSPECIFIED), terminals: people("alice", "bob") });
  await by("menu-special").click();
  assert.equal(await by("terminal-alice").count(), 0);
  await shot("special");
  await by("terminal-bob").click();
  await by("menu-special").waitFor({ state: "detached" }); // while it is under way
  const move = (state: TerminalSwitchState, code: ErrorCode = ErrorCode.UNSPECIFIED) =>
    broker.putSession(id, { terminalMove: create(TerminalMoveSchema, { terminalId: "bob", user: "bob", by: "Robin One", count: 1, state, code }) });
  move(TerminalSwitchState.ASKING);
  await by("announcements").getByText("bob is being asked whether you may see their screen.").waitFor();
  move(TerminalSwitchState.REFUSED, ErrorCode.DENIED_BY_USER);
  await by("announcements").getByText("Still the same screen: bob said no.").waitFor();
  await by("menu-special").waitFor();
});
