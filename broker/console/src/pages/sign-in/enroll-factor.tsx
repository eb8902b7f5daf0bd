import { useEffect, useState } from "preact/hooks";
import type { BeginTotpResponse } from "../../gen/alongside/console/v1/account_pb.ts";
import { download } from "../../ui/download.ts";
import { Icon } from "../../ui/icon.tsx";
import { Field, Notice } from "../../ui/parts.tsx";
import { createPasskey, passkeyFailure, passkeysWork } from "../../ui/passkey.ts";
import { useCall, useStore } from "../context.ts";

/** Sets up a second factor step by step: which kind, its proof, and the recovery codes that come with the first. */
export function EnrollFactor({ done }: { done: () => void }) {
  const store = useStore();
  const [name, setName] = useState("");
  const [totp, setTotp] = useState<BeginTotpResponse>();
  const [codes, setCodes] = useState<readonly string[]>([]);
  const [refused, setRefused] = useState("");
  const finish = (recovery: readonly string[]) => (recovery.length > 0 ? setCodes(recovery) : done());
  const app = useCall(async () => {
    setRefused("");
    setTotp(await store.api.mfa.beginTotp({ name: name.trim() || "Authenticator app" }));
  });
  const passkey = useCall(async () => {
    setRefused("");
    const b = await store.api.mfa.beginPasskey({ name: name.trim() || "Passkey" });
    let credentialJson: string;
    try {
      credentialJson = await createPasskey(b.optionsJson);
    } catch (err) {
      setRefused(passkeyFailure(err));
      return;
    }
    finish((await store.api.mfa.finishPasskey({ id: b.id, credentialJson })).recoveryCodes);
  });
  if (codes.length > 0) return <RecoveryCodes codes={codes} done={done} />;
  if (totp) return <Totp begun={totp} finish={finish} />;
  const why = refused || app.why?.text || passkey.why?.text;
  return (
    <div class="stack" data-testid="enroll-factor">
      {why && (
        <Notice tone="bad" id="enroll-error">
          {why}
        </Notice>
      )}
      <Field label="Name" name="factor-name" required={false} hint="So that you know it again, for example “Phone”." value={name} onValue={setName} autofocus />
      {passkeysWork() && (
        <button type="button" class="btn primary wide" disabled={passkey.busy || app.busy} data-testid="enroll-passkey" onClick={() => passkey.run()}>
          <Icon name="key" />
          {passkey.busy ? "Waiting for the passkey…" : "Create a passkey"}
        </button>
      )}
      <button type="button" class="btn wide" disabled={passkey.busy || app.busy} data-testid="enroll-totp" onClick={() => app.run()}>
        <Icon name="clock" />
        Use an authenticator app
      </button>
    </div>
  );
}

function Totp({ begun, finish }: { begun: BeginTotpResponse; finish: (codes: readonly string[]) => void }) {
  const store = useStore();
  const [code, setCode] = useState("");
  const [picture, setPicture] = useState("");
  useEffect(() => {
    const url = URL.createObjectURL(new Blob([new Uint8Array(begun.qrPng)], { type: "image/png" }));
    setPicture(url);
    return () => URL.revokeObjectURL(url);
  }, [begun]);
  const { run, busy, why } = useCall(async () => {
    finish((await store.api.mfa.finishTotp({ id: begun.id, code: code.replace(/\s/g, "") })).recoveryCodes);
  });
  return (
    <form
      class="stack"
      data-testid="enroll-totp-form"
      onSubmit={(e) => {
        e.preventDefault();
        run();
      }}
    >
      <p class="muted">Scan this with your app, or type the key, and enter the code that it shows.</p>
      {picture && begun.qrPng.length > 0 && <img class="qr" src={picture} alt="QR code of the key below" data-testid="qr" />}
      <code class="secret breakable" data-testid="totp-secret">
        {begun.secret.replace(/(.{4})(?=.)/g, "$1 ")}
      </code>
      {why && <Notice tone="bad">{why.text}</Notice>}
      <Field label="Code" name="enroll-code" autocomplete="one-time-code" numeric value={code} onValue={setCode} autofocus />
      <button type="submit" class="btn primary wide" disabled={busy || code.trim() === ""} data-testid="enroll-totp-finish">
        {busy ? "Checking…" : "Confirm"}
      </button>
    </form>
  );
}

/** Recovery codes, shown once. */
export function RecoveryCodes({ codes, done }: { codes: readonly string[]; done: () => void }) {
  const [kept, setKept] = useState(false);
  return (
    <div class="stack" data-testid="recovery-codes">
      <Notice tone="warn">These are shown once. Each lets you in one time when your second factor is lost. Keep them where nobody else looks.</Notice>
      <ol class="codes mono">
        {codes.map((c) => (
          <li key={c}>{c}</li>
        ))}
      </ol>
      <footer class="dialog-foot">
        <button
          type="button"
          class="btn"
          data-testid="download-codes"
          onClick={() => {
            download("alongside-recovery-codes.txt", [`${codes.join("\n")}\n`], "text/plain");
            setKept(true);
          }}
        >
          Download
        </button>
        <button type="button" class="btn" onClick={() => void navigator.clipboard?.writeText(codes.join("\n")).then(() => setKept(true), () => {})}>
          Copy
        </button>
        <button type="button" class="btn primary" data-testid="codes-kept" onClick={done}>
          {kept ? "Done" : "I have written them down"}
        </button>
      </footer>
    </div>
  );
}
