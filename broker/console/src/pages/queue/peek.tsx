import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ago } from "../../core/time.ts";
import type { PeekResponse } from "../../gen/alongside/console/v1/peek_pb.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { Foot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failed, Loading, Notice } from "../../ui/parts.tsx";
import { useLoad, useNow, useStore } from "../context.ts";
import { ChatMessage } from "../session/chat-message.tsx";

/** The button that shows what waits before it is taken, and the dialog with the buttons that take it. */
export function Peek({ session, name, children }: { session: string; name: string; children: ComponentChildren }) {
  const store = useStore();
  const [open, setOpen] = useState(false);
  if (!store.may("session.peek")) return null;
  return (
    <>
      <button type="button" class="btn" aria-label={`Peek at ${name}`} data-testid="peek" onClick={() => setOpen(true)}>
        Peek
      </button>
      {open && (
        <PeekDialog session={session} name={name} close={() => setOpen(false)}>
          {children}
        </PeekDialog>
      )}
    </>
  );
}

function PeekDialog({ session, name, close, children }: { session: string; name: string; close: () => void; children: ComponentChildren }) {
  const store = useStore();
  const { value, why, reload } = useLoad((signal) => store.api.collaboration.peek({ sessionId: session }, { signal }), session);
  const gone = why?.code === ErrorCode.NOT_FOUND;
  return (
    <Dialog title={`Peek at ${name}`} close={close} id="peek-dialog">
      <div class="stack">
        {!value && !why && <Loading rows={3} label="Loading what waits" />}
        {gone && (
          <Notice tone="warn" id="peek-gone">
            It does not wait for you any more: somebody else has taken it, or it is over.
          </Notice>
        )}
        {why && !gone && <Failed why={why} retry={reload} />}
        {value && <Waits of={value} />}
        <Foot>
          <button type="button" class="btn quiet" data-testid="peek-close" onClick={close}>
            Close
          </button>
          {!gone && children}
        </Foot>
      </div>
    </Dialog>
  );
}

function Waits({ of: p }: { of: PeekResponse }) {
  const now = useNow(15_000);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current?.scrollTo({ top: list.current.scrollHeight }), []);
  return (
    <>
      <p class="muted">Nobody sees that you look, and you are not in the session. The audit log has it.</p>
      <dl class="facts" data-testid="peek-facts">
        <Fact name="Who asks">{p.name}</Fact>
        <Fact name="Contact">{[p.email, p.phone].filter(Boolean).join(" · ")}</Fact>
        <Fact name="Device">{p.deviceName}</Fact>
        <Fact name="Reason">{p.reason && <span class="quote">{p.reason}</span>}</Fact>
        <Fact name="Issue">{p.issue}</Fact>
        <Fact name="Waits">
          {p.queueName ? `in ${p.queueName}` : "for you"}
          {p.since && <time dateTime={timestampDate(p.since).toISOString()} title={timestampDate(p.since).toLocaleString()}>{` · ${ago(timestampDate(p.since), now)}`}</time>}
        </Fact>
        <Fact name="In the session">{p.participants.map((x) => `${x.name}${x.owner ? " (owner)" : x.external ? " (external)" : ""}`).join(", ") || "nobody"}</Fact>
      </dl>
      <section aria-label="Chat so far" data-testid="peek-chat">
        {p.chat.length === 0 ? (
          <p class="muted">Nothing was written yet.</p>
        ) : (
          <div class="chat peeked" ref={list} role="group" aria-label="Messages" tabIndex={0}>
            {p.more && <p class="muted">Earlier messages are left out.</p>}
            {p.chat.map((m) => (
              <ChatMessage key={String(m.seq)} message={m} />
            ))}
          </div>
        )}
      </section>
    </>
  );
}

/** A line of the facts, where there is something to say. */
function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  if (!children) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
