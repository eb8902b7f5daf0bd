import { useEffect, useRef, useState } from "preact/hooks";
import { utf8Length } from "../core/text.ts";
import type { Session } from "../gen/alongside/console/v1/console_pb.ts";
import type { Chat as Message } from "../gen/alongside/wire/v1/session_pb.ts";
import { maxText } from "../wire/limits.ts";
import { Icon } from "../ui/icon.tsx";
import { useCall, useStore } from "./context.ts";

/** The chat of a session. */
export function Chat({ session, messages }: { session: Session; messages: readonly Message[] }) {
  const store = useStore();
  const [text, setText] = useState("");
  const list = useRef<HTMLDivElement>(null);
  const { run, busy, why } = useCall(async () => {
    const r = await store.api.sessions.sendChat({ id: session.id, text: text.trim() });
    if (r.chat) store.takeChat(session.id, [r.chat]);
    setText("");
  });
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [messages.length]);
  const tooLong = utf8Length(text) > maxText;
  return (
    <aside class="side" aria-label="Chat" data-testid="chat">
      <header class="side-head">
        <h2>Chat</h2>
        <small>The person at the device reads it.</small>
      </header>
      <div class="chat" ref={list} role="log" aria-label="Messages">
        {messages.length === 0 && <p class="muted chat-empty">No messages yet. Say hello, and what you are going to do.</p>}
        {messages.map((m) => (
          <div class={`msg${m.fromCustomer ? "" : " mine"}`} key={String(m.seq)} data-testid="chat-message">
            <small>{`${m.fromCustomer ? m.from || "Customer" : "You"} · ${new Date(Number(m.atUnixMs)).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hour12: false })}`}</small>
            <span>{m.text}</span>
          </div>
        ))}
      </div>
      {(why || tooLong) && (
        <small class="bad chat-error" role="alert">
          {tooLong ? "This message is too long." : why?.text}
        </small>
      )}
      <form
        class="compose"
        onSubmit={(e) => {
          e.preventDefault();
          if (text.trim() !== "" && !tooLong) run();
        }}
      >
        <input placeholder="Message" aria-label="Message" name="chat" data-testid="chat-input" autocomplete="off" value={text} onInput={(e) => setText(e.currentTarget.value)} />
        <button type="submit" class="btn primary square" aria-label="Send" data-testid="chat-send" disabled={busy || text.trim() === "" || tooLong}>
          <Icon name="send" />
        </button>
      </form>
    </aside>
  );
}
