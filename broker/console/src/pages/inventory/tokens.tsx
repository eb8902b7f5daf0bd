import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import type { EnrollmentToken } from "../../gen/alongside/console/v1/console_pb.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Failed, Loading, Tag } from "../../ui/parts.tsx";
import { AddDevices } from "./add-devices.tsx";
import { useCall, useList, useNow, useStore } from "../context.ts";

/** Enrollment tokens: what each may still let in. */
export function TokensPage() {
  const store = useStore();
  const now = useNow(30_000);
  const list = useList("tokens", async (signal) => (await store.api.inventory.listEnrollmentTokens({}, { signal })).tokens);
  const [adding, setAdding] = useState(false);
  const [revoking, setRevoking] = useState<EnrollmentToken>();
  const add = (
    <button type="button" class="btn" data-testid="add-token" onClick={() => setAdding(true)}>
      <Icon name="plus" />
      New token
    </button>
  );
  return (
    <section class="card" aria-labelledby="tokens-title" data-testid="tokens">
      <div class="tools">
        <h2 id="tokens-title">Enrollment tokens</h2>
        <span class="grow" />
        {list.value && list.value.length > 0 && add}
      </div>
      {!list.value && !list.why && <Loading rows={3} label="Loading tokens" />}
      {list.why && <Failed why={list.why} retry={list.reload} />}
      {list.value?.length === 0 && (
        <Empty icon="key" title="No tokens" action={add}>
          A token lets devices enroll: so many, until it expires.
        </Empty>
      )}
      {list.value && list.value.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Token</th>
              <th scope="col">Used</th>
              <th scope="col" class="wide-only">
                Group and tags
              </th>
              <th scope="col" class="roomy-only">
                Until
              </th>
              <th scope="col" class="right">
                <span class="unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {list.value.map((t) => {
              const state = stateOf(t, now);
              return (
                <tr key={t.id} data-testid="token" data-state={state || "good"}>
                  <td>
                    <b>{t.note || "without a note"}</b>
                    <small class="detail">{`by ${t.createdBy || "–"}`}</small>
                  </td>
                  <td>{`${t.used} of ${t.uses}`}</td>
                  <td class="wide-only">
                    <span class="tags">
                      {t.group && <Tag tone="accent">{t.group}</Tag>}
                      {t.tags.map((x) => (
                        <Tag key={x}>{x}</Tag>
                      ))}
                      {t.pending && <Tag tone="warn">with approval</Tag>}
                    </span>
                  </td>
                  <td class="roomy-only">{t.expiresAt ? timestampDate(t.expiresAt).toLocaleString() : "–"}</td>
                  <td class="right">
                    {state ? (
                      <Tag>{state}</Tag>
                    ) : (
                      <button type="button" class="btn" data-testid="revoke-token" aria-label={`Revoke ${t.note || "the token"}`} onClick={() => setRevoking(t)}>
                        Revoke
                      </button>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {adding && (
        <AddDevices
          close={() => {
            setAdding(false);
            list.reload();
          }}
        />
      )}
      {revoking && <Revoke token={revoking} close={() => setRevoking(undefined)} done={list.reload} />}
    </section>
  );
}

/** Why a token is of no use any more; empty while it is. */
function stateOf(t: EnrollmentToken, now: Date): string {
  if (t.revoked) return "revoked";
  if (t.used >= t.uses) return "used up";
  if (t.expiresAt && timestampDate(t.expiresAt) <= now) return "expired";
  return "";
}

function Revoke({ token, close, done }: { token: EnrollmentToken; close: () => void; done: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.inventory.revokeEnrollmentToken({ id: token.id, confirm: true });
    done();
    close();
  });
  return (
    <Confirm title="Revoke this token?" action="Revoke" busyAction="Revoking…" close={close} run={() => run()} busy={busy} why={why} id="revoke-token">
      No device can enroll with it any more. Those that did stay.
    </Confirm>
  );
}
