import { useEffect, useState } from "preact/hooks";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { type Failure, failure } from "../../net/api.ts";
import { useStore } from "../context.ts";

/**
 * Keeps the picture out of the session's recording while the form for credentials is
 * open (D14): nothing may be typed before it is. Another round begins when the form is
 * there again after the result of a try.
 */
export function useMask(session: Session, round: number): { ready: boolean; why: Failure | undefined; again: () => void } {
  const store = useStore();
  const [ready, setReady] = useState(!session.recorded);
  const [why, setWhy] = useState<Failure>();
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (!session.recorded) return;
    const life = new AbortController();
    const hold = async () => {
      for await (const _ of store.api.elevation.maskRecording({ sessionId: session.id }, { signal: life.signal })) if (!life.signal.aborted) setReady(true);
    };
    const over = (f: Failure | undefined) => {
      if (life.signal.aborted) return;
      setReady(false);
      setWhy(f);
    };
    setWhy(undefined);
    hold().then(
      () => over(undefined),
      (err: unknown) => over(failure(err)),
    );
    return () => {
      life.abort();
      setReady(false);
    };
  }, [session.id, session.recorded, round, tries]);
  return { ready: ready || !session.recorded, why, again: () => setTries((t) => t + 1) };
}
