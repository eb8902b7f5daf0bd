import { useEffect, useRef, useState } from "preact/hooks";
import { showsPixels } from "../../core/screen-reason.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { ElevationState } from "../../gen/alongside/wire/v1/elevation_pb.ts";
import type { ViewerStatus } from "../../ui/viewer/element.ts";

/**
 * Whether the session is being taken over by a client with more rights: from when the
 * device says so until the screen, which was lost with the old one, is there again.
 */
export function useTakeOver(session: Session, status: ViewerStatus | undefined): boolean {
  const [on, setOn] = useState(false);
  const lost = useRef(false);
  const state = session.elevation?.state;
  useEffect(() => {
    if (state === ElevationState.MOVING) {
      lost.current = false;
      setOn(true);
    } else if (state !== ElevationState.DONE) {
      setOn(false);
    }
  }, [state]);
  useEffect(() => {
    if (!on) return;
    if (status?.link !== "open") lost.current = true;
    else if (lost.current && status.screen && showsPixels(status.screen.reason) && status.width > 0) setOn(false);
  }, [on, status]);
  return on;
}
