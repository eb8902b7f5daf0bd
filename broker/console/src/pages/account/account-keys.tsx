import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import type { ApiKey } from "../../gen/alongside/console/v1/account_pb.ts";
import { Confirm, SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Check, Group } from "../../ui/fields.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Failed, Field, Loading, Notice, Tag } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";

/** API keys: for programs, with no more rights than whoever made them. */
export function Keys() {
  const store = useStore();
  const list = useList("keys", async (signal) => (await store.api.accounts.listKeys({}, { signal })).keys);
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey>();
  const add = (
    <button type="button" class="btn" data-testid="add-key" onClick={() => setMaking(true)}>
      <Icon name="plus" />
      New key
    </button>
  );
  return (
    <section class="card" aria-labelledby="keys-title" data-testid="keys">
      <div class="tools">
        <h2 id="keys-title">API keys</h2>
        <span class="grow" />
        {list.value && list.value.length > 0 && add}
      </div>
      {!list.value && !list.why && <Loading rows={2} label="Loading keys" />}
      {list.why && <Failed why={list.why} retry={list.reload} />}
      {list.value?.length === 0 && (
        <Empty icon="key" title="No keys" action={add}>
          A key lets a program use the API with some of your permissions, until it expires.
        </Empty>
      )}
      {list.value && list.value.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" class="roomy-only">
                May
              </th>
              <th scope="col" class="wide-only">
                Used
              </th>
              <th scope="col">Until</th>
              <th scope="col" class="right">
                <span class="unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {list.value.map((k) => (
              <tr key={k.id} data-testid="key">
                <td>
                  <b>{k.name}</b>
                  <small class="detail">{k.owner}</small>
                </td>
                <td class="roomy-only breakable mono">{k.permissions.join(", ")}</td>
                <td class="wide-only">{k.usedAt ? timestampDate(k.usedAt).toLocaleDateString() : "never"}</td>
                <td>{k.expiresAt ? timestampDate(k.expiresAt).toLocaleDateString() : "–"}</td>
                <td class="right">
                  {k.revoked ? (
                    <Tag tone="bad">revoked</Tag>
                  ) : (
                    <button type="button" class="btn" data-testid="revoke-key" aria-label={`Revoke ${k.name}`} onClick={() => setRevoking(k)}>
                      Revoke
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {making && <Make close={() => setMaking(false)} done={list.reload} />}
      {revoking && <Revoke of={revoking} close={() => setRevoking(undefined)} done={list.reload} />}
    </section>
  );
}

function Make({ close, done }: { close: () => void; done: () => void }) {
  const store = useStore();
  const rep = store.who.value;
  const own = typeof rep === "object" ? rep.permissions : [];
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [secret, setSecret] = useState("");
  const { run, busy, why } = useCall(async () => {
    setSecret((await store.api.accounts.createKey({ name: name.trim(), permissions: [...chosen], validDays: Math.max(1, Math.trunc(Number(days)) || 90) })).secret);
    done();
  });
  if (secret) {
    return (
      <Dialog title="The key" close={close} id="key-dialog">
        <Notice tone="warn">This is shown once. Whoever has it may do what you chose.</Notice>
        <code class="secret breakable" data-testid="key-secret">
          {secret}
        </code>
        <footer class="dialog-foot">
          <button type="button" class="btn" onClick={() => void navigator.clipboard?.writeText(secret).catch(() => {})}>
            Copy
          </button>
          <button type="button" class="btn primary" data-testid="key-done" onClick={close}>
            Done
          </button>
        </footer>
      </Dialog>
    );
  }
  return (
    <Dialog title="New API key" close={close} id="key-dialog">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          run();
        }}
      >
        {why && <Notice tone="bad">{why.text}</Notice>}
        <div class="pair">
          <Field label="Name" name="key-name" value={name} onValue={setName} autofocus />
          <Field label="Valid for days" name="key-days" type="number" hint="At most 365." value={days} onValue={setDays} />
        </div>
        <Group title="It may">
          {own.map((p) => (
            <Check key={p} label={p} name={`may-${p}`} checked={chosen.includes(p)} onValue={(v) => setChosen(v ? [...chosen, p] : chosen.filter((x) => x !== p))} />
          ))}
        </Group>
        <SaveFoot close={close} busy={busy} disabled={chosen.length === 0} action="Create" id="create-key" />
      </form>
    </Dialog>
  );
}

function Revoke({ of: k, close, done }: { of: ApiKey; close: () => void; done: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.accounts.revokeKey({ id: k.id, confirm: true });
    done();
    close();
  });
  return (
    <Confirm title={`Revoke ${k.name}?`} action="Revoke" busyAction="Revoking…" close={close} run={() => run()} busy={busy} why={why} id="revoke-key">
      Programs that use it are refused from now on.
    </Confirm>
  );
}
