import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import type { Recipient } from "../../gen/alongside/console/v1/recording_pb.ts";
import { Confirm, SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Failed, Field, Loading, Notice, Tag } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";

/** The keys that recordings are encrypted to. Which sessions are recorded is a setting of the scopes. */
export function Recipients() {
  const store = useStore();
  const list = useList("recordings", async (signal) => (await store.api.recordings.listRecipients({}, { signal })).recipients, "recipients");
  const [adding, setAdding] = useState(false);
  const [retiring, setRetiring] = useState<Recipient>();
  const add = (
    <button type="button" class="btn" data-testid="add-recipient" onClick={() => setAdding(true)}>
      <Icon name="plus" />
      Add a key
    </button>
  );
  return (
    <section class="card" aria-labelledby="recipients-title" data-testid="recipients">
      <div class="tools">
        <div class="grow">
          <h2 id="recipients-title">Keys of recordings</h2>
          <small>Recordings are encrypted to all of these before they touch the disk. Which sessions are recorded is a setting of the scopes.</small>
        </div>
        {list.value && list.value.length > 0 && add}
      </div>
      {!list.value && !list.why && <Loading rows={2} label="Loading keys" />}
      {list.why && <Failed why={list.why} retry={list.reload} />}
      {list.value?.length === 0 && (
        <Empty icon="lock" title="No keys" action={add}>
          Without a key nothing can be recorded.
        </Empty>
      )}
      {list.value && list.value.length > 0 && (
        <ul class="list">
          {list.value.map((r) => (
            <li class="item" key={r.id} data-testid="recipient">
              <Icon name="key" />
              <div class="grow">
                <b>{r.name}</b> <small>{r.addedAt ? `since ${timestampDate(r.addedAt).toLocaleDateString()}` : ""}</small>
                <p class="mono breakable">{r.key}</p>
              </div>
              {r.own && <Tag tone="accent">the server's own</Tag>}
              {r.retired ? (
                <Tag>retired</Tag>
              ) : (
                <button type="button" class="btn" data-testid="retire-recipient" aria-label={`Retire ${r.name}`} onClick={() => setRetiring(r)}>
                  Retire
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {adding && <Add close={() => setAdding(false)} done={list.reload} />}
      {retiring && <Retire of={retiring} close={() => setRetiring(undefined)} done={list.reload} />}
    </section>
  );
}

function Add({ close, done }: { close: () => void; done: () => void }) {
  const store = useStore();
  const [name, setName] = useState("");
  const [key, setKey] = useState("");
  const { run, busy, why } = useCall(async () => {
    await store.api.recordings.addRecipient({ name: name.trim(), key: key.trim() });
    done();
    close();
  });
  return (
    <Dialog title="Add a key" close={close} id="recipient-dialog">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          run();
        }}
      >
        {why && <Notice tone="bad">{why.text}</Notice>}
        <Field label="Name" name="recipient-name" value={name} onValue={setName} autofocus />
        <Field label="Public key" name="recipient-key" hint="Of age, it begins with age1. Never the private one." value={key} onValue={setKey} />
        <SaveFoot close={close} busy={busy} action="Add" id="save-recipient" />
      </form>
    </Dialog>
  );
}

function Retire({ of: r, close, done }: { of: Recipient; close: () => void; done: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.recordings.retireRecipient({ id: r.id, confirm: true });
    done();
    close();
  });
  return (
    <Confirm title={`Retire ${r.name}?`} action="Retire" busyAction="Retiring…" close={close} run={() => run()} busy={busy} why={why} id="retire-recipient">
      {r.own ? "This is the server's own key: new recordings cannot be played here any more." : "New recordings are not encrypted to it. Those that there are stay readable with it."}
    </Confirm>
  );
}
