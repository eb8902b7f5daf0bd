import { useState } from "preact/hooks";
import type { JumpClient } from "../../gen/alongside/console/v1/jump_pb.ts";
import { Confirm, SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failed, Loading, Notice } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";
import { DetailFields, detailsOf, draftOf } from "./details.tsx";

/** Changes what reps say of a Jump Client. */
export function EditJump({ client, close }: { client: JumpClient; close: () => void }) {
  const store = useStore();
  const targets = useList("directory", (signal) => store.api.jumps.jumpTargets({ editing: true }, { signal }));
  const [draft, setDraft] = useState(draftOf(client));
  const { run, busy, why } = useCall(async () => {
    await store.api.jumps.updateJumpClient({ id: client.id, details: detailsOf(draft, client) });
    close();
  });
  return (
    <Dialog title={`Edit ${client.name}`} close={close} id="edit-jump-dialog">
      {!targets.value && !targets.why && <Loading rows={4} label="Loading where you may pin" />}
      {!targets.value && targets.why && <Failed why={targets.why} retry={targets.reload} />}
      {targets.value && (
        <form
          onSubmit={(e) => {
            e.preventDefault();
            run();
          }}
        >
          {why && why.field === "" && <Notice tone="bad">{why.text}</Notice>}
          <DetailFields draft={draft} change={setDraft} targets={targets.value} now={client} wrong={(field) => (why?.field === field ? why.text : undefined)} />
          <SaveFoot close={close} busy={busy} id="save-jump" />
        </form>
      )}
    </Dialog>
  );
}

/** Asks before a Jump Client is uninstalled (C9). */
export function Unpin({ client, close }: { client: JumpClient; close: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.jumps.unpin({ id: client.id, confirm: true });
    close();
  });
  return (
    <Confirm title={`Unpin ${client.name}?`} action="Yes, unpin" busyAction="Unpinning…" close={close} run={() => run()} busy={busy} why={why} id="unpin">
      The Jump Client is uninstalled on the device, {client.online ? "now" : "when it is online again"}, and leaves the lists of everybody.
    </Confirm>
  );
}
