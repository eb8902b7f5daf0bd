import { useState } from "preact/hooks";
import { elevates } from "../../core/elevation.ts";
import { moves, otherTerminals, terminalHint, terminalName } from "../../core/terminals.ts";
import type { Action, Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import { useCall, useStore } from "../context.ts";
import { Restart, useRestart } from "./restart.tsx";
import { useRestrict } from "./restrict.tsx";
import { Elevate } from "./elevate.tsx";

/** Special actions: what needs the rights of the machine, or is done to the customer. There while the screen is shared, for reps who may. */
export function SpecialMenu({ session }: { session: Session }) {
  const terminals = useTerminals(session);
  const action = actionOf(session, "terminals");
  const [elevating, setElevating] = useState(false);
  const mayElevate = actionOf(session, "elevate")?.enabled && !elevates(session.elevation);
  const elevate: MenuItem[] = mayElevate ? [{ id: "elevate", label: "Elevate…", hint: "Get the rights of the machine", pick: () => setElevating(true) }] : [];
  const restart = useRestart(session);
  const restrict = useRestrict(session);
  const items = [...elevate, ...restart.items, ...restrict.items, ...terminals.items];
  const plain = action?.code === ErrorCode.REQUIRES_ELEVATION;
  if (items.length === 0 && !plain && !elevating && !restart.asked) return null;
  return (
    <>
      <Menu name="Special" icon="shield" label="Special actions" items={items}>
        {plain && (
          <p class="menu-note" data-testid="terminals-not">
            Terminal sessions: the client runs with the user's rights only.
          </p>
        )}
      </Menu>
      {elevating && <Elevate session={session} close={() => setElevating(false)} />}
      {restart.asked && <Restart session={session} close={restart.close} />}
      {restrict.why && (
        <small class="bad" role="alert" data-testid="restrict-error">
          {restrict.why.text}
        </small>
      )}
      {terminals.why && (
        <small class="bad" role="alert" data-testid="special-error">
          {terminals.why.text}
        </small>
      )}
    </>
  );
}

export function actionOf(session: Session, id: string): Action | undefined {
  return session.actions.find((a) => a.id === id);
}

/** Switch to another terminal session of the machine (V12). */
function useTerminals(session: Session) {
  const store = useStore();
  const { run, why } = useCall(async (terminalId: string) => {
    await store.api.elevation.switchTerminal({ sessionId: session.id, terminalId });
  });
  const offered = actionOf(session, "terminals")?.enabled && !moves(session);
  const items: MenuItem[] = (offered ? otherTerminals(session) : []).map((t, i) => ({
    id: `terminal-${t.id}`,
    label: terminalName(t),
    hint: terminalHint(t),
    ...(i === 0 ? { section: "Terminal sessions" } : {}),
    pick: () => run(t.id),
  }));
  return { items, why };
}
