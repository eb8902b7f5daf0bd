import { useState } from "preact/hooks";
import { restarts } from "../../core/machine.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Confirm } from "../../ui/confirm.tsx";
import type { MenuItem } from "../../ui/menu.tsx";
import { useCall, useStore } from "../context.ts";

/** The special action that restarts the device (X7), and whether it was picked. */
export function useRestart(session: Session) {
  const [asked, setAsked] = useState(false);
  const may = session.actions.some((a) => a.id === "restart" && a.enabled) && !restarts(session);
  const items: MenuItem[] = may ? [{ id: "restart", label: "Restart the device…", hint: "The session goes on afterwards", pick: () => setAsked(true) }] : [];
  return { items, asked, close: () => setAsked(false) };
}

/** Asks the rep before the device is asked. */
export function Restart({ session, close }: { session: Session; close: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.machine.restart({ sessionId: session.id, confirm: true });
    close();
  });
  return (
    <Confirm title={`Restart ${session.deviceName}?`} action="Restart" busyAction="Asking…" id="restart-device" close={close} run={() => run()} busy={busy} why={why}>
      The person at the device is asked first. The session goes on after the restart, when they have signed in again, without another question.
    </Confirm>
  );
}
