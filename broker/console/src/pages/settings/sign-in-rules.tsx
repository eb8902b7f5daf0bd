import { useState } from "preact/hooks";
import { Confirm } from "../../ui/confirm.tsx";
import { Failed, Notice, Tag } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";

/** What the organisation demands of every sign-in. Administrators switch it, after a question. */
export function SignInRules() {
  const store = useStore();
  const who = store.who.value;
  const list = useList("accounts", async (signal) => (await store.api.accounts.signInRules({}, { signal })).mfaMandatory);
  const [asking, setAsking] = useState(false);
  const { run, busy, why } = useCall(async (mfaMandatory: boolean) => {
    await store.api.accounts.saveSignInRules({ mfaMandatory, confirm: true });
    list.reload();
    setAsking(false);
  });
  const must = list.value;
  const mine = typeof who === "object" && who.admin;
  return (
    <section class="card" aria-labelledby="sign-in-rules-title" data-testid="sign-in-rules" data-mandatory={must}>
      <div class="tools">
        <h2 id="sign-in-rules-title">Sign-in</h2>
        <span class="grow" />
        {must !== undefined && <Tag tone={must ? "good" : "warn"}>{must ? "second factor demanded" : "password is enough"}</Tag>}
        {must !== undefined && mine && (
          <button type="button" class="btn" data-testid="switch-mfa" onClick={() => setAsking(true)}>
            {must ? "Demand none" : "Demand a second factor"}
          </button>
        )}
      </div>
      {list.why && <Failed why={list.why} retry={list.reload} />}
      {must !== undefined && (
        <div class="panel">
          <p class="muted">{must ? "Every user needs a second factor. Who has none sets one up at the next sign-in." : "Users may sign in with their password alone. A scope can still ask for a second factor before a session."}</p>
          {!mine && <Notice tone="warn">Only an administrator may change this.</Notice>}
        </div>
      )}
      {asking && must !== undefined && (
        <Confirm title={must ? "Demand no second factor?" : "Demand a second factor of everybody?"} action={must ? "Demand none" : "Demand it"} busyAction="Saving…" close={() => setAsking(false)} run={() => run(!must)} busy={busy} why={why} id="switch-mfa">
          {must ? "A password alone will be enough for who has no second factor." : "Whoever has none, perhaps you too, is stopped at once and can do nothing until there is one."}
        </Confirm>
      )}
    </section>
  );
}
