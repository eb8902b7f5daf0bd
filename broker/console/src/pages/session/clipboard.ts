import { useEffect, useRef, useState } from "preact/hooks";
import { maxTyped, sendable } from "../../core/clipboard.ts";
import { errorWords } from "../../core/words.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import type { ViewerElement, ViewerStatus } from "../../ui/viewer/element.ts";

const notAllowed = "The browser does not allow it.";

/**
 * The rep's end of the clipboard. Only what the rep asks for is sent and taken; "in step"
 * is the rep's asking too, and even then this browser's clipboard is read and written by
 * the browser's own rules: what it does not allow by itself waits for a click.
 */
export function useClipboard(viewer: ViewerElement | undefined, status: ViewerStatus | undefined) {
  const [said, setSaid] = useState("");
  const [failed, setFailed] = useState(false);
  const [follows, setFollows] = useState(false);
  const [kept, setKept] = useState<string>();
  const same = useRef<string | undefined>(undefined); // what both clipboards have, as far as is known
  const wished = useRef(false); // a wish for the next copy stands
  const say = (text: string, bad = false) => {
    setSaid(text);
    setFailed(bad);
  };

  const put = (text: string) => {
    same.current = text;
    write(text).then(
      () => {
        setKept(undefined);
        say("Copied");
      },
      () => {
        setKept(text);
        say("Text has come from the device.");
      },
    );
  };
  const bring = (text: string) => {
    if (!viewer) return;
    const clean = sendable(text);
    if (clean === undefined) return say("Your clipboard is too long to be sent.", true);
    same.current = clean;
    viewer.paste(clean);
  };
  const read = (then: (text: string) => void) => {
    readText().then(then, () => say(notAllowed, true));
  };

  useEffect(() => {
    if (!viewer) return;
    viewer.copied = (text) => {
      wished.current = false;
      put(text);
      if (follows) {
        wished.current = true;
        viewer.copy(true);
      }
    };
    viewer.noted = (state) => {
      if (state.seq > 0) say(state.code === ErrorCode.UNSPECIFIED ? "Sent" : errorWords(state.code, ""), state.code !== ErrorCode.UNSPECIFIED);
      if (!state.wish) return;
      say(errorWords(state.code, ""), true);
      wished.current = false;
    };
    return () => {
      viewer.copied = () => {};
      viewer.noted = () => {};
    };
  });

  // In step: a wish stands for the next copy there, and what is copied here goes when the
  // page is in front again, where the browser lets it be read without asking.
  const to = status?.clipboard?.toEndpoint ?? false;
  const from = status?.clipboard?.fromEndpoint ?? false;
  const open = status?.link === "open";
  useEffect(() => {
    if (!open) wished.current = false;
    if (!viewer || !follows || !open || !from || wished.current) return;
    wished.current = true;
    viewer.copy(true);
  });
  useEffect(() => {
    if (!follows || !to) return;
    const look = async () => {
      if (!document.hasFocus() || !(await mayRead())) return;
      const text = await readText();
      if (text && text !== same.current) bring(text);
    };
    const focused = () => void look().catch(() => {});
    focused();
    window.addEventListener("focus", focused);
    return () => window.removeEventListener("focus", focused);
  }, [follows, to, viewer]);

  return {
    said,
    failed,
    follows,
    kept,
    send: () => read(bring),
    get: () => {
      wished.current = false;
      viewer?.copy(false);
    },
    follow: setFollows,
    takeKept: () => {
      if (kept !== undefined) put(kept);
    },
    type: () =>
      read((text) => {
        const clean = sendable(text, maxTyped);
        if (clean === undefined) return say("Your clipboard is too long to be typed.", true);
        viewer?.type(clean);
        say("Typed");
      }),
  };
}

async function readText(): Promise<string> {
  if (!navigator.clipboard?.readText) throw new Error("no clipboard");
  return navigator.clipboard.readText();
}

async function write(text: string): Promise<void> {
  if (!navigator.clipboard) throw new Error("no clipboard");
  await navigator.clipboard.writeText(text);
}

/** Whether this browser's clipboard may be read without asking. */
async function mayRead(): Promise<boolean> {
  try {
    const p = await navigator.permissions.query({ name: "clipboard-read" as PermissionName });
    return p.state === "granted";
  } catch {
    return false; // a browser without that permission asks each time
  }
}
