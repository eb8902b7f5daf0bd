import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import type { CreateSessionKeyResponse } from "../../gen/alongside/console/v1/portal_pb.ts";
import { Foot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Select } from "../../ui/fields.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Field, Notice } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";

const lives = [
  { value: "900", label: "15 minutes" },
  { value: "3600", label: "an hour" },
  { value: "28800", label: "eight hours" },
  { value: "86400", label: "a day" },
  { value: "604800", label: "a week" },
];

/** The button that makes a session key, for a customer on the telephone (X11). */
export function SessionKeyButton() {
  const store = useStore();
  const [open, setOpen] = useState(false);
  if (!store.may("session.start")) return null;
  return (
    <>
      <button type="button" class="btn" data-testid="session-key" onClick={() => setOpen(true)}>
        <Icon name="key" />
        Session key
      </button>
      {open && <SessionKeyDialog close={() => setOpen(false)} />}
    </>
  );
}

function SessionKeyDialog({ close }: { close: () => void }) {
  const store = useStore();
  const [life, setLife] = useState("3600");
  const [note, setNote] = useState("");
  const [made, setMade] = useState<CreateSessionKeyResponse>();
  const { run, busy, why } = useCall(async () => {
    setMade(await store.api.portal.createSessionKey({ validS: Number(life), note }));
  });
  if (made) return <Made made={made} close={close} />;
  return (
    <Dialog title="Session key" close={close} id="session-key-dialog">
      <form
        class="stack"
        onSubmit={(e) => {
          e.preventDefault();
          run();
        }}
      >
        <p class="muted">With it a customer starts one chat on the portal page, which comes to you.</p>
        {why && <Notice tone="bad">{why.text}</Notice>}
        <Field label="For whom" name="key-note" value={note} onValue={setNote} required={false} hint="Only you see it." />
        <Select label="It may be used for" name="key-life" value={life} options={lives} onValue={setLife} hint="This limits the start. A session that has begun goes on." />
        <OpenKeys />
        <Foot>
          <button type="button" class="btn quiet" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="btn primary" disabled={busy} data-testid="make-key">
            {busy ? "One moment…" : "Make a key"}
          </button>
        </Foot>
      </form>
    </Dialog>
  );
}

/** A key that was made: it is shown this once. */
function Made({ made, close }: { made: CreateSessionKeyResponse; close: () => void }) {
  const [copied, setCopied] = useState("");
  const copy = (what: string, text: string) => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(`${what} copied`),
      () => setCopied("The browser does not allow it"),
    );
  };
  const mail = `mailto:?subject=${encodeURIComponent("Your support session")}&body=${encodeURIComponent(`Open ${made.link}\r\nor enter the key ${made.code} on the page.`)}`;
  return (
    <Dialog title="Session key" close={close} id="session-key-dialog">
      <div class="stack">
        <output class="key-code" data-testid="key-code">
          {made.code}
        </output>
        <code class="breakable" data-testid="key-link">
          {made.link}
        </code>
        <p class="muted">{`It is shown this once, starts one session, and can be used until ${made.key?.expiresAt ? timestampDate(made.key.expiresAt).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "its time is over"}.`}</p>
        <small role="status">{copied}</small>
        <Foot>
          <button type="button" class="btn" data-testid="copy-key" onClick={() => copy("Key", made.code)}>
            Copy the key
          </button>
          <button type="button" class="btn" data-testid="copy-link" onClick={() => copy("Link", made.link)}>
            Copy the link
          </button>
          <a class="btn" href={mail} data-testid="mail-key">
            Mail…
          </a>
          <button type="button" class="btn primary" onClick={close}>
            Done
          </button>
        </Foot>
      </div>
    </Dialog>
  );
}

/** The rep's keys that were not used, each of which can be taken back. */
function OpenKeys() {
  const store = useStore();
  const keys = useList("portal", (signal) => store.api.portal.listSessionKeys({}, { signal }));
  const back = useCall(async (id: string) => {
    await store.api.portal.revokeSessionKey({ id });
    keys.reload();
  });
  const all = keys.value?.keys ?? [];
  if (all.length === 0) return null;
  return (
    <section aria-label="Keys that were not used" class="stack tight">
      {back.why && <Notice tone="bad">{back.why.text}</Notice>}
      {all.map((k) => (
        <div key={k.id} class="open-key" data-testid="open-key">
          <span class="grow">{`${k.note || "A key"} · until ${k.expiresAt ? timestampDate(k.expiresAt).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" }) : "?"}`}</span>
          <button type="button" class="btn small quiet" disabled={back.busy} onClick={() => back.run(k.id)}>
            Take back
          </button>
        </div>
      ))}
    </section>
  );
}
