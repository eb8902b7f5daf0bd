import { useState } from "preact/hooks";
import type { Device } from "../../gen/alongside/console/v1/console_pb.ts";
import { SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Check, wordsOf } from "../../ui/fields.tsx";
import { Field, Notice } from "../../ui/parts.tsx";
import { useCall, useStore } from "../context.ts";

/** What the organisation says of a device: group, tags and whether it may be supported. */
export function EditDevice({ device: d, close }: { device: Device; close: () => void }) {
  const store = useStore();
  const [group, setGroup] = useState(d.group);
  const [tags, setTags] = useState(d.tags.join(", "));
  const [entitled, setEntitled] = useState(d.entitled);
  const { run, busy, why } = useCall(async () => {
    const r = await store.api.inventory.updateDevice({ id: d.id, group: group.trim(), tags: { tags: wordsOf(tags) }, ...(entitled === d.entitled ? {} : { entitled }) });
    store.takeDevice(r.device);
    close();
  });
  return (
    <Dialog title={`Edit ${d.info?.hostname || "this device"}`} close={close} id="edit-device-dialog">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          run();
        }}
      >
        {why && <Notice tone="bad">{why.text}</Notice>}
        <Field label="Group" name="group" required={false} value={group} onValue={setGroup} hint="One group; scopes can name it." />
        <Field label="Tags" name="tags" required={false} value={tags} onValue={setTags} hint="Separated by commas." />
        <Check label="Remote support" name="entitled" hint="Whether this device may be supported at all, without a new installation." checked={entitled} onValue={setEntitled} />
        <SaveFoot close={close} busy={busy} id="save-device" />
      </form>
    </Dialog>
  );
}

/** A device that enrolled by a token which wants an approval. */
export function PendingDevice({ device: d, mayEdit }: { device: Device; mayEdit: boolean }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    const r = await store.api.inventory.updateDevice({ id: d.id, approve: true });
    store.takeDevice(r.device);
  });
  return (
    <div class="notice warn" role="status" data-testid="device-pending">
      <span class="grow">{why ? why.text : "This device has enrolled and waits to be taken in. Until then nobody can reach it."}</span>
      {mayEdit && (
        <button type="button" class="btn small" disabled={busy} data-testid="approve-device" onClick={() => run()}>
          {busy ? "Taking in…" : "Take in"}
        </button>
      )}
    </div>
  );
}
