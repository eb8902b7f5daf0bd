import { useEffect, useState } from "preact/hooks";
import type { ChallengeResponse } from "../../gen/alongside/console/v1/account_pb.ts";
import { type Failure, failure } from "../../net/api.ts";
import { Icon } from "../../ui/icon.tsx";
import { Failed, Field, Loading, Notice } from "../../ui/parts.tsx";
import { passkeyFailure, passkeysWork, usePasskey } from "../../ui/passkey.ts";
import { useStore } from "../context.ts";

type Way = "totp" | "recovery";

/** Shows a second factor: a passkey, a code of an app, or a recovery code. */
export function Prove({ done }: { done: () => void }) {
  const store = useStore();
  const [challenge, setChallenge] = useState<ChallengeResponse>();
  const [broken, setBroken] = useState<Failure>();
  const [way, setWay] = useState<Way>("totp");
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState("");
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    const life = new AbortController();
    store.api.mfa.challenge({}, { signal: life.signal }).then(
      (c) => {
        setBroken(undefined);
        setChallenge(c);
        if (!c.totp) setWay("recovery");
      },
      (err: unknown) => {
        if (!life.signal.aborted) setBroken(failure(err));
      },
    );
    return () => life.abort();
  }, [turn]);

  // A challenge is good for one try: after a failed one a new one is fetched.
  const attempt = async (prove: () => Promise<unknown>) => {
    if (busy) return;
    setBusy(true);
    setWhy("");
    try {
      await prove();
      done();
    } catch (err) {
      setWhy(err instanceof DOMException ? passkeyFailure(err) : failure(err).text);
      setCode("");
      setTurn((t) => t + 1);
    } finally {
      setBusy(false);
    }
  };
  const passkey = () =>
    attempt(async () => {
      if (!challenge) return;
      const assertionJson = await usePasskey(challenge.optionsJson);
      await store.api.mfa.prove({ proof: { case: "passkey", value: { id: challenge.id, assertionJson } } });
    });
  const typed = () => attempt(() => store.api.mfa.prove({ proof: way === "totp" ? { case: "totp", value: digits(code) } : { case: "recoveryCode", value: code.trim() } }));

  if (broken) return <Failed why={broken} retry={() => setTurn(turn + 1)} />;
  if (!challenge) return <Loading rows={1} label="Preparing" />;
  const hasPasskey = challenge.optionsJson !== "" && passkeysWork();
  return (
    <div class="stack" data-testid="prove">
      {why && (
        <Notice tone="bad" id="prove-error">
          {why}
        </Notice>
      )}
      {hasPasskey && (
        <button type="button" class="btn primary wide" disabled={busy} data-testid="prove-passkey" onClick={() => void passkey()}>
          <Icon name="key" />
          Use a passkey
        </button>
      )}
      <form
        class="stack"
        onSubmit={(e) => {
          e.preventDefault();
          void typed();
        }}
      >
        {way === "totp" ? (
          <Field label="Code from your app" name="totp" autocomplete="one-time-code" numeric value={code} onValue={setCode} autofocus={!hasPasskey} />
        ) : (
          <Field label="Recovery code" name="recovery" value={code} onValue={setCode} hint="Each of them works once." autofocus={!hasPasskey} />
        )}
        <button type="submit" class={`btn wide${hasPasskey ? "" : " primary"}`} disabled={busy || code.trim() === ""} data-testid="prove-submit">
          {busy ? "Checking…" : "Confirm"}
        </button>
      </form>
      {challenge.totp && (
        <button
          type="button"
          class="btn quiet"
          data-testid="prove-other-way"
          onClick={() => {
            setCode("");
            setWay(way === "totp" ? "recovery" : "totp");
          }}
        >
          {way === "totp" ? "Use a recovery code" : "Use a code from your app"}
        </button>
      )}
    </div>
  );
}

function digits(text: string): string {
  return text.replace(/\s/g, "");
}
