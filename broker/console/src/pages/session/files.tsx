import { useEffect, useRef, useState } from "preact/hooks";
import { fileWords, isOver, maxFile, share, stateName } from "../../core/files.ts";
import { Sha256 } from "../../core/sha256.ts";
import { errorWords } from "../../core/words.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { FileState, type FileTransfer } from "../../gen/alongside/console/v1/file_pb.ts";
import { FileDirection } from "../../gen/alongside/wire/v1/file_pb.ts";
import { Icon } from "../../ui/icon.tsx";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import { useCall, useMe, useStore } from "../context.ts";
import { actionOf } from "./special-menu.tsx";

// What is hashed at a time, so that the page stays alive beside it.
const piece = 4 << 20;

/** Files to the device and from it (X2). The person there is asked about each. */
export function FileMenu({ session }: { session: Session }) {
  const store = useStore();
  const chooser = useRef<HTMLInputElement>(null);
  const chosen = useRef(new Map<string, File>());
  const [reading, setReading] = useState("");
  const [sent, setSent] = useState(0);
  const send = useCall(async (file: File) => {
    try {
      // Of one that is too large no sum is made: the broker refuses it.
      const sha256 = file.size > maxFile ? new Uint8Array(32) : await sumOf(file, (part) => setReading(`Reading ${file.name} · ${Math.floor(100 * part)} %`));
      const { file: t } = await store.api.files.sendFile({ sessionId: session.id, name: file.name, size: BigInt(file.size), sha256 });
      if (t) chosen.current.set(t.id, file);
      setSent((n) => n + 1);
    } finally {
      setReading("");
    }
  });
  const fetch = useCall(async () => {
    await store.api.files.fetchFile({ sessionId: session.id });
  });
  useUploads(session, chosen.current, sent);

  const to = actionOf(session, "send_file");
  const from = actionOf(session, "fetch_file");
  if (!to && !from) return null;
  const items: MenuItem[] = [];
  if (to?.enabled) items.push({ id: "send-file", label: "Send a file…", hint: "the person is asked", pick: () => chooser.current?.click() });
  if (from?.enabled) items.push({ id: "fetch-file", label: "Ask for a file", hint: "the person chooses it", pick: () => fetch.run() });
  const why = [to, from].filter((a) => a && !a.enabled).map((a) => a!.reason || errorWords(a!.code));
  return (
    <>
      <Menu name="Files" icon="file" label="Files" items={items}>
        {[...new Set(why)].map((w) => (
          <p key={w} class="menu-note" data-testid="files-not">
            {`${items.length > 0 ? (to?.enabled ? "From the device: " : "To the device: ") : ""}${w}.`}
          </p>
        ))}
      </Menu>
      <input
        ref={chooser}
        type="file"
        hidden
        data-testid="file-input"
        onChange={(e) => {
          const file = e.currentTarget.files?.[0];
          e.currentTarget.value = ""; // the same one may be chosen again
          if (file) send.run(file);
        }}
      />
      <Transfers session={session} reading={reading} failed={send.why?.text ?? fetch.why?.text ?? ""} />
    </>
  );
}

/** Sends what the person has agreed to take, of what was chosen in this window. */
function useUploads(session: Session, chosen: Map<string, File>, sent: number): void {
  useEffect(() => {
    for (const f of session.files) {
      const file = chosen.get(f.id);
      if (!file || f.state === FileState.ASKING) continue;
      chosen.delete(f.id);
      if (f.state !== FileState.AGREED) continue;
      const request = new XMLHttpRequest(); // what becomes of it is told by the session
      request.open("POST", `/files/${encodeURIComponent(f.id)}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.send(file);
    }
  }, [session.files, sent]);
}

async function sumOf(file: Blob, read: (part: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const sum = new Sha256();
  for (let at = 0; at < file.size; at += piece) {
    read(at / file.size);
    sum.update(new Uint8Array(await file.slice(at, at + piece).arrayBuffer()));
  }
  return sum.digest();
}

function Transfers({ session, reading, failed }: { session: Session; reading: string; failed: string }) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const shown = session.files.filter((f) => !hidden.has(f.id));
  if (shown.length === 0 && reading === "" && failed === "") return null;
  return (
    <div class="transfers" role="status" data-testid="transfers">
      {reading && <p data-testid="file-reading">{reading}</p>}
      {failed && (
        <p class="bad" data-testid="file-error">
          {failed}
        </p>
      )}
      {shown.map((f) => (
        <Transfer key={f.id} file={f} hide={() => setHidden(new Set([...hidden, f.id]))} />
      ))}
    </div>
  );
}

function Transfer({ file: f, hide }: { file: FileTransfer; hide: () => void }) {
  const store = useStore();
  const mine = f.byId === useMe();
  const cancel = useCall(async () => {
    await store.api.files.cancelFile({ id: f.id });
  });
  const over = isOver(f);
  const ready = mine && f.state === FileState.AGREED && f.direction === FileDirection.FROM_ENDPOINT;
  return (
    <div class={`transfer${f.state === FileState.FAILED ? " bad" : ""}`} data-testid="transfer" data-state={stateName(f.state)}>
      <Icon name="file" size={16} />
      <span class="grow" data-testid="transfer-words">
        {mine ? "" : `${f.byName}: `}
        {fileWords(f)}
      </span>
      {f.state === FileState.RUNNING && <progress value={share(f)} />}
      {ready && (
        <a class="btn small primary" href={`/files/${encodeURIComponent(f.id)}`} download data-testid="file-save">
          Save
        </a>
      )}
      {mine && !over && (
        <button type="button" class="btn small" disabled={cancel.busy} data-testid="file-cancel" onClick={() => cancel.run()}>
          Cancel
        </button>
      )}
      {over && (
        <button type="button" class="btn quiet square small" aria-label="Hide" title="Hide" data-testid="file-hide" onClick={hide}>
          <Icon name="cross" size={14} />
        </button>
      )}
    </div>
  );
}
