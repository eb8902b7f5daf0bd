import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import { ago } from "../../core/time.ts";
import type { Factor } from "../../gen/alongside/console/v1/account_pb.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Failed, Loading, Tag } from "../../ui/parts.tsx";
import { useCall, useList, useNow, useStore } from "../context.ts";
import { EnrollFactor, RecoveryCodes } from "../sign-in/enroll-factor.tsx";

/** The second factors of the one who is signed in. */
export function Factors() {
  const store = useStore();
  const now = useNow(60_000);
  const list = useList("factors", (signal) => store.api.mfa.listFactors({}, { signal }));
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Factor>();
  const [renewing, setRenewing] = useState(false);
  const add = (
    <button type="button" class="btn" data-testid="add-factor" onClick={() => setAdding(true)}>
      <Icon name="plus" />
      Add
    </button>
  );
  const factors = list.value?.factors;
  return (
    <section class="card" aria-labelledby="factors-title" data-testid="factors">
      <div class="tools">
        <h2 id="factors-title">Second factors</h2>
        <span class="grow" />
        {factors && factors.length > 0 && add}
      </div>
      {!list.value && !list.why && <Loading rows={2} label="Loading your factors" />}
      {list.why && <Failed why={list.why} retry={list.reload} />}
      {factors?.length === 0 && (
        <Empty icon="shield" title="No second factor" action={add}>
          With one, a stolen password is of no use to anybody.
        </Empty>
      )}
      {factors && factors.length > 0 && (
        <ul class="list">
          {factors.map((f) => (
            <li class="item" key={f.id} data-testid="factor">
              <Icon name={f.kind === "passkey" ? "key" : "clock"} />
              <div>
                <b>{f.name}</b>
                <p class="muted">{`${f.kind === "passkey" ? "passkey" : "authenticator app"} · ${f.usedAt ? `used ${ago(timestampDate(f.usedAt), now)}` : "not used yet"}`}</p>
              </div>
              <button type="button" class="btn quiet square" aria-label={`Remove ${f.name}`} data-testid="remove-factor" onClick={() => setRemoving(f)}>
                <Icon name="trash" />
              </button>
            </li>
          ))}
          <li class="item">
            <Icon name="shield" />
            <div>
              <b>Recovery codes</b>
              <p class="muted">{`${list.value?.recoveryCodes ?? 0} left`}</p>
            </div>
            <button type="button" class="btn" data-testid="new-codes" onClick={() => setRenewing(true)}>
              New codes
            </button>
          </li>
        </ul>
      )}
      {list.value?.provedAt && (
        <p class="card-foot">
          <Tag tone="good">{`shown ${ago(timestampDate(list.value.provedAt), now)}`}</Tag>
        </p>
      )}
      {adding && (
        <Dialog title="Add a second factor" close={() => setAdding(false)} id="factor-dialog">
          <EnrollFactor
            done={() => {
              setAdding(false);
              list.reload();
            }}
          />
        </Dialog>
      )}
      {removing && <Remove factor={removing} close={() => setRemoving(undefined)} done={list.reload} />}
      {renewing && <NewCodes close={() => setRenewing(false)} done={list.reload} />}
    </section>
  );
}

function Remove({ factor, close, done }: { factor: Factor; close: () => void; done: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.mfa.removeFactor({ id: factor.id, confirm: true });
    done();
    close();
  });
  return (
    <Confirm title={`Remove ${factor.name}?`} action="Remove" busyAction="Removing…" close={close} run={() => run()} busy={busy} why={why} id="remove-factor">
      You cannot sign in with it any more. The last one cannot be removed where your organisation asks for one.
    </Confirm>
  );
}

function NewCodes({ close, done }: { close: () => void; done: () => void }) {
  const store = useStore();
  const [codes, setCodes] = useState<readonly string[]>();
  const { run, busy, why } = useCall(async () => {
    setCodes((await store.api.mfa.newRecoveryCodes({ confirm: true })).recoveryCodes);
    done();
  });
  if (codes) {
    return (
      <Dialog title="Recovery codes" close={close} id="codes-dialog">
        <RecoveryCodes codes={codes} done={close} />
      </Dialog>
    );
  }
  return (
    <Confirm title="New recovery codes?" action="Make new codes" busyAction="One moment…" close={close} run={() => run()} busy={busy} why={why} id="new-codes">
      The ones that you have now do not work any more afterwards.
    </Confirm>
  );
}
