import { useEffect, useState } from "preact/hooks";
import { elevates, triesLeft } from "../../core/elevation.ts";
import { errorWords } from "../../core/words.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { ElevationMethod, ElevationState } from "../../gen/alongside/wire/v1/elevation_pb.ts";
import { newNonce, sealCredentials } from "../../net/seal.ts";
import { Foot, SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Notice } from "../../ui/parts.tsx";
import { useCall, useStore } from "../context.ts";
import { useMask } from "./mask.ts";

/** Asks how the client gets administrative rights, and has it done (V4–V6). */
export function Elevate({ session, close }: { session: Session; close: () => void }) {
  const store = useStore();
  const offer = session.elevationOffer;
  const may = (m: ElevationMethod) => offer?.methods.includes(m) ?? false;
  const [method, setMethod] = useState(may(ElevationMethod.PROMPT_CUSTOMER) ? ElevationMethod.PROMPT_CUSTOMER : ElevationMethod.SPECIFIC_USER);
  const [who, setWho] = useState({ user: "", password: "" });
  const [before] = useState(session.elevation?.count ?? 0);
  const { run, busy, why } = useCall(async () => {
    const nonce = newNonce();
    const specific = method === ElevationMethod.SPECIFIC_USER;
    const sealed = specific ? await sealCredentials(offer?.key ?? new Uint8Array(), session.id, nonce, who) : new Uint8Array();
    setWho({ ...who, password: "" });
    await store.api.elevation.elevate({ sessionId: session.id, method, nonce, sealed });
  });
  const last = session.elevation;
  const tried = last !== undefined && last.count > before;
  const waits = busy || (tried && elevates(last));
  const over = session.elevated || last?.state === ElevationState.DONE;
  useEffect(() => {
    if (over) close();
  }, [over]);
  const specific = method === ElevationMethod.SPECIFIC_USER;
  const mask = useMask(session, last?.state === ElevationState.REFUSED ? last.count : before);
  const refused = tried && last.state === ElevationState.REFUSED;
  return (
    <Dialog title="Get administrative rights" close={close} id="elevate-dialog">
      {waits ? (
        <>
          <Notice tone="warn" id="elevate-waits">
            {waitsFor(specific, last?.state)}
          </Notice>
          <Foot>
            <button type="button" class="btn quiet" onClick={close}>
              Close
            </button>
          </Foot>
        </>
      ) : (
        <form
          onSubmit={(e) => {
            e.preventDefault();
            run();
          }}
        >
          <p class="muted">The client goes on in this session as the machine's administrator. Nobody is signed out, and the customer's own programs keep their rights.</p>
          {why && <Notice tone="bad">{why.text}</Notice>}
          {mask.why && (
            <Notice tone="bad" id="elevate-unmasked">
              {`The recording cannot be masked: ${mask.why.text} `}
              <button type="button" class="btn small" data-testid="elevate-mask" onClick={mask.again}>
                Try again
              </button>
            </Notice>
          )}
          {session.recorded && !mask.why && (
            <p class="muted" data-testid={mask.ready ? "elevate-masked" : "elevate-masking"}>
              {/* Of one length, so that nothing moves below the pointer. */}
              {mask.ready ? "This session is recorded. The picture is left out until there is a result." : "This session is recorded. Waiting until the picture is left out of it."}
            </p>
          )}
          {refused && (
            <Notice tone="bad" id="elevate-refused">
              {`${errorWords(last.code, last.detail)} ${triesLeft(last)}`}
            </Notice>
          )}
          <fieldset class="group">
            <legend>Whose credentials</legend>
            {[
              { m: ElevationMethod.PROMPT_CUSTOMER, id: "customer", label: "Prompt the customer", hint: "The system of the device asks for them. They never leave it." },
              { m: ElevationMethod.SPECIFIC_USER, id: "specific", label: "A specific user", hint: "You type them here. Only the device can read them." },
            ].map((o) => (
              <label class="check" key={o.id}>
                <input type="radio" name="method" data-testid={`elevate-${o.id}`} checked={method === o.m} disabled={!may(o.m)} onChange={() => setMethod(o.m)} />
                <span>
                  {o.label}
                  <small>{may(o.m) ? o.hint : "This device cannot do it."}</small>
                </span>
              </label>
            ))}
          </fieldset>
          {specific && (
            <>
              <Field label="User name" name="elevate-user" disabled={!mask.ready} value={who.user} onValue={(user) => setWho({ ...who, user })} />
              <Field label="Password" name="elevate-password" disabled={!mask.ready} type="password" autocomplete="new-password" value={who.password} onValue={(password) => setWho({ ...who, password })} />
            </>
          )}
          <SaveFoot close={close} busy={busy} action="Elevate" disabled={!mask.ready || !may(method) || (specific && (who.user === "" || who.password === ""))} id="elevate-go" />
        </form>
      )}
    </Dialog>
  );
}

/** What is waited for, in words. */
function waitsFor(specific: boolean, state: ElevationState | undefined): string {
  switch (state) {
    case ElevationState.CONSENT:
      return "The customer is being asked whether you may have administrative rights.";
    case ElevationState.MOVING:
      return "The client is starting again with more rights.";
    default:
      return specific ? "The device checks the user and the password." : "The device asks the customer for an administrator's password. You do not see it.";
  }
}
