import { handOf, holderOf, ownerOf } from "../../core/participants.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Tag } from "../../ui/parts.tsx";
import { useMe } from "../context.ts";
import { useGiveControl } from "./people.tsx";

/** Whose hands are at the device, and the way to take or return control (Q12). accepted: the device takes input from this viewer. */
export function ControlMark({ session, accepted }: { session: Session; accepted: boolean }) {
  const me = useMe();
  const { run, busy, why } = useGiveControl(session);
  const hand = handOf(session, me);
  const owner = ownerOf(session);
  const own = owner?.repId === me;
  return (
    <>
      <Mode session={session} accepted={accepted} />
      {own && (hand === "other" || hand === "nobody") && (
        <button type="button" class="btn small" disabled={busy} data-testid="bar-take-control" onClick={() => run(me)}>
          Take control
        </button>
      )}
      {!own && owner && hand === "own" && (
        <button type="button" class="btn small" disabled={busy} aria-label={`Return control to ${owner.name}`} data-testid="bar-return-control" onClick={() => run(owner.repId)}>
          Return
        </button>
      )}
      {why && (
        <small class="bad" role="alert">
          {why.text}
        </small>
      )}
    </>
  );
}

function Mode({ session, accepted }: { session: Session; accepted: boolean }) {
  const me = useMe();
  const hand = handOf(session, me);
  if (hand === "own" && accepted) {
    return (
      <Tag tone="good" id="mode" title="Your keyboard and mouse reach the device.">
        control
      </Tag>
    );
  }
  if (hand === "other" || hand === "nobody") {
    const who = holderOf(session)?.name ?? "nobody";
    return (
      <Tag tone="warn" id="mode" title={`You see the screen; your keyboard and mouse do not reach it. In control: ${who}.`}>
        <span class="look-only">You look only: </span>
        {`${who} controls`}
      </Tag>
    );
  }
  return (
    <Tag tone="warn" id="mode" title="You see the screen; your keyboard and mouse do not reach it.">
      view only
    </Tag>
  );
}
