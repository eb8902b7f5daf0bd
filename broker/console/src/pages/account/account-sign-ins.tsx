import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import { ago } from "../../core/time.ts";
import type { WebSignIn } from "../../gen/alongside/console/v1/account_pb.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Failed, Loading, Tag } from "../../ui/parts.tsx";
import { useCall, useList, useNow, useStore } from "../context.ts";

/** Where the one who is signed in is signed in. */
export function SignIns() {
  const store = useStore();
  const now = useNow(60_000);
  const list = useList("sign_ins", async (signal) => (await store.api.accounts.listSignIns({}, { signal })).signIns);
  const [ending, setEnding] = useState<WebSignIn>();
  return (
    <section class="card" aria-labelledby="sign-ins-title" data-testid="sign-ins">
      <div class="tools">
        <h2 id="sign-ins-title">Where you are signed in</h2>
      </div>
      {!list.value && !list.why && <Loading rows={2} label="Loading your sign-ins" />}
      {list.why && <Failed why={list.why} retry={list.reload} />}
      {list.value?.length === 0 && (
        <Empty icon="person" title="Nowhere">
          There is no sign-in to show.
        </Empty>
      )}
      {list.value && list.value.length > 0 && (
        <ul class="list">
          {list.value.map((s) => (
            <li class="item" key={s.id} data-testid="sign-in-item">
              <Icon name="monitor" />
              <div>
                <b>{s.from || "unknown address"}</b>
                <p class="muted">{`since ${s.createdAt ? timestampDate(s.createdAt).toLocaleString() : "–"} · seen ${s.seenAt ? ago(timestampDate(s.seenAt), now) : "–"}`}</p>
              </div>
              {s.current ? (
                <Tag tone="good">this one</Tag>
              ) : (
                <button type="button" class="btn" data-testid="end-sign-in" onClick={() => setEnding(s)}>
                  End
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {ending && <End signIn={ending} close={() => setEnding(undefined)} done={list.reload} />}
    </section>
  );
}

function End({ signIn, close, done }: { signIn: WebSignIn; close: () => void; done: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.accounts.endSignIn({ id: signIn.id, confirm: true });
    done();
    close();
  });
  return (
    <Confirm title="End this sign-in?" action="End it" busyAction="Ending…" close={close} run={() => run()} busy={busy} why={why} id="end-sign-in">
      Whoever uses it is signed out at once.
    </Confirm>
  );
}
