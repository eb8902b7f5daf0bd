import { useState } from "preact/hooks";
import { SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Notice } from "../../ui/parts.tsx";
import { Factors } from "./account-factors.tsx";
import { Keys } from "./account-keys.tsx";
import { SignIns } from "./account-sign-ins.tsx";
import { useCall, useStore } from "../context.ts";

/** What belongs to the one who is signed in. */
export function AccountPage() {
  const store = useStore();
  const rep = store.who.value;
  const [changing, setChanging] = useState(false);
  const [changed, setChanged] = useState(false);
  if (typeof rep !== "object") return null;
  return (
    <>
      <header class="head">
        <div>
          <h1>{rep.displayName || rep.name}</h1>
          <span class="muted">{rep.name}</span>
        </div>
        <span class="grow" />
        <button type="button" class="btn" data-testid="change-password" onClick={() => setChanging(true)}>
          Change password
        </button>
      </header>
      {changed && <Notice tone="good">Your password is changed.</Notice>}
      <div class="cols">
        <Factors />
        <SignIns />
      </div>
      {store.may("key.create") && <Keys />}
      {changing && (
        <Password
          close={(done) => {
            setChanging(false);
            setChanged(done);
          }}
        />
      )}
    </>
  );
}

function Password({ close }: { close: (done: boolean) => void }) {
  const store = useStore();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const mismatch = again !== "" && again !== fresh;
  const { run, busy, why } = useCall(async () => {
    await store.api.accounts.changePassword({ old, new: fresh });
    close(true);
  });
  return (
    <Dialog title="Change password" close={() => close(false)} id="password-dialog">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (!mismatch) run();
        }}
      >
        {why && <Notice tone="bad">{why.text}</Notice>}
        <Field label="Password now" name="old" type="password" autocomplete="current-password" value={old} onValue={setOld} autofocus />
        <Field label="New password" name="new" type="password" autocomplete="new-password" value={fresh} onValue={setFresh} />
        <Field label="New password again" name="again" type="password" autocomplete="new-password" value={again} onValue={setAgain} error={mismatch ? "The two passwords differ." : undefined} />
        <SaveFoot close={() => close(false)} busy={busy} disabled={mismatch} action="Change" id="save-password" />
      </form>
    </Dialog>
  );
}
