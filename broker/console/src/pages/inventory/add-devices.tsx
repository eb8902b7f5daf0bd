import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import type { CreateEnrollmentTokenResponse } from "../../gen/alongside/console/v1/console_pb.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { download } from "../../ui/download.ts";
import { Check, Select, wordsOf } from "../../ui/fields.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Field, Notice } from "../../ui/parts.tsx";
import { useCall, useLoad, useStore } from "../context.ts";

const fileName = "enroll.alongside";
const day = 86_400;

/** Creates an enrollment bundle and shows it once. */
export function AddDevices({ close }: { close: () => void }) {
  const store = useStore();
  const [uses, setUses] = useState("1");
  const [days, setDays] = useState("1");
  const [group, setGroup] = useState("");
  const [tags, setTags] = useState("");
  const [note, setNote] = useState("");
  const [pending, setPending] = useState(false);
  const [entitled, setEntitled] = useState(true);
  const [jump, setJump] = useState("");
  const mayPin = store.may("jump.pin") || store.may("jump.edit");
  const groups = useLoad(async (signal) => (mayPin ? (await store.api.jumps.jumpTargets({ editing: true }, { signal })).groups : []), "jump").value ?? [];
  const [made, setMade] = useState<CreateEnrollmentTokenResponse>();
  const [copied, setCopied] = useState(false);
  const { run, busy, why } = useCall(async () => {
    setMade(await store.api.inventory.createEnrollmentToken({ uses: number(uses), validS: number(days) * day, group: group.trim(), tags: wordsOf(tags), note: note.trim(), pending, withoutSupport: !entitled, ...(jump === "" ? {} : { jump: { groupId: jump } }) }));
  });
  return (
    <Dialog title="Add devices" close={close} id="add-devices-dialog">
      {!made && (
        <form
          onSubmit={(e) => {
            e.preventDefault();
            run();
          }}
        >
          <p class="muted">A bundle lets a device enroll: it holds this server's address and key, and a token that is spent with its last use.</p>
          {why && <Notice tone="bad">{why.text}</Notice>}
          <div class="pair">
            <Field label="Devices" name="uses" type="number" hint="How many may enroll with it." value={uses} onValue={setUses} />
            <Field label="Valid for days" name="days" type="number" hint="Unused, it expires then." value={days} onValue={setDays} />
          </div>
          <div class="pair">
            <Field label="Group" name="token-group" required={false} value={group} onValue={setGroup} />
            <Field label="Tags" name="token-tags" required={false} hint="Separated by commas." value={tags} onValue={setTags} />
          </div>
          {groups.length > 0 && (
            <Select label="Jump Group" name="token-jump" value={jump} options={[{ value: "", label: "None" }, ...groups.map((g) => ({ value: g.id, label: g.name }))]} hint="Each device becomes a Jump Client of it." onValue={setJump} />
          )}
          <Field label="Note" name="token-note" required={false} hint="What it is for." value={note} onValue={setNote} />
          <Check label="Remote support" name="token-entitled" checked={entitled} onValue={setEntitled} />
          <Check label="Each device waits to be taken in" name="token-pending" checked={pending} onValue={setPending} />
          <footer class="dialog-foot">
            <button type="button" class="btn quiet" onClick={close}>
              Cancel
            </button>
            <button type="submit" class="btn primary" disabled={busy} data-testid="create-bundle">
              {busy ? "Creating…" : "Create bundle"}
            </button>
          </footer>
        </form>
      )}
      {made && (
        <div class="stack">
          <Notice tone="warn">This is shown once. Whoever has it can enroll a device{made.expiresAt ? ` until ${timestampDate(made.expiresAt).toLocaleString()}` : ""}.</Notice>
          <textarea class="bundle mono" readOnly rows={7} aria-label="Enrollment bundle" data-testid="bundle" value={made.bundle} onFocus={(e) => e.currentTarget.select()} />
          <p class="muted">
            On the device: <code>alongside enroll --bundle {fileName}</code>
          </p>
          <footer class="dialog-foot">
            <button
              type="button"
              class="btn"
              onClick={() => {
                navigator.clipboard.writeText(made.bundle).then(
                  () => setCopied(true),
                  () => {},
                );
              }}
            >
              <Icon name={copied ? "check" : "file"} />
              {copied ? "Copied" : "Copy"}
            </button>
            <button type="button" class="btn" data-testid="download-bundle" onClick={() => download(fileName, [made.bundle])}>
              Download
            </button>
            <button type="button" class="btn primary" data-testid="close-bundle" onClick={close}>
              Done
            </button>
          </footer>
        </div>
      )}
    </Dialog>
  );
}

function number(text: string): number {
  const n = Math.trunc(Number(text));
  return Number.isFinite(n) && n > 0 ? n : 1;
}
