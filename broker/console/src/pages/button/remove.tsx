import type { SupportButton } from "../../gen/alongside/console/v1/button_pb.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { useCall, useStore } from "../context.ts";

/** The question before a Support Button is removed (C8). */
export function RemoveButton({ button, session = "", close, done }: { button: SupportButton; session?: string; close: () => void; done: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.buttons.remove({ id: button.id, sessionId: session, confirm: true });
    done();
  });
  return (
    <Confirm title={`Remove “${button.title}”?`} action="Yes, remove" busyAction="Removing…" close={close} run={() => run()} busy={busy} why={why} id="remove-button">
      {`It goes from the device, at once or as soon as that is online. Copies that people made of it do not work any more.${button.description ? ` (${button.description})` : ""}`}
    </Confirm>
  );
}
