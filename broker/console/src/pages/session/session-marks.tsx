import { useEffect, useState } from "preact/hooks";
import { secondsLeft } from "../../core/countdown.ts";
import { restrictedNow } from "../../core/restriction.ts";
import { clock } from "../../core/time.ts";
import { isBeside } from "../../core/screen-reason.ts";
import { reasonWords, shortReason } from "../../core/words.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Icon } from "../../ui/icon.tsx";
import { Tag } from "../../ui/parts.tsx";
import type { ViewerStatus } from "../../ui/viewer/element.ts";
import { useStore } from "../context.ts";

const lookMs = 200;

/** The time that is left, once it is less than two minutes (L4). */
export function Countdown({ session }: { session: Session }) {
  const deadline = useStore().deadlines.value.get(session.id);
  const [left, setLeft] = useState(() => secondsLeft(deadline, performance.now()));
  useEffect(() => {
    const look = () => setLeft(secondsLeft(deadline, performance.now()));
    look();
    if (deadline === undefined) return;
    const timer = setInterval(look, lookMs);
    return () => clearInterval(timer);
  }, [deadline]);
  if (left === undefined) return null;
  return (
    <span class={`tag ${left < 30 ? "bad" : "warn"} countdown`} role="timer" data-testid="countdown" data-seconds={left} title="The session ends by itself then.">
      <Icon name="clock" size={14} />
      {clock(left * 1000)}
      <span class="unseen">left</span>
    </span>
  );
}

/** What is held of the customer's own (X15). */
export function RestrictedMark({ session }: { session: Session }) {
  const text = restrictedNow(session);
  if (text === "") return null;
  return (
    <Tag tone="warn" id="restricted" title="The customer takes control back with Ctrl+Alt+Del, or by a press on the banner.">
      {text}
    </Tag>
  );
}

/** Whether the session is recorded. */
export function RecordedMark({ session }: { session: Session }) {
  if (session.recordingFailed) {
    return (
      <Tag tone="bad" id="recording-failed" title="The session has to go on without: policy allows it.">
        not recorded now
      </Tag>
    );
  }
  if (!session.recorded) return null;
  return (
    <Tag tone="bad" id="recorded" title="The screen of this session is recorded.">
      <span class="rec" aria-hidden="true" />
      recorded
    </Tag>
  );
}

/** That what is shown is a lock screen or a login screen. */
export function ScreenMark({ status }: { status: ViewerStatus | undefined }) {
  const reason = status?.screen?.reason;
  if (reason === undefined || !isBeside(reason)) return null;
  return (
    <span class="tag warn" role="status" data-testid="screen-mark" title={reasonWords(reason)}>
      {shortReason(reason)}
    </span>
  );
}
