import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { participantsOf } from "../../core/participants.ts";
import { utf8Length } from "../../core/text.ts";
import { OwnTyping } from "../../core/typing.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { ChatChannel, type Chat as Message } from "../../gen/alongside/wire/v1/session_pb.ts";
import { maxText } from "../../wire/limits.ts";
import { Icon } from "../../ui/icon.tsx";
import type { Channel, Draft } from "../chats.ts";
import { useCall, useStore } from "../context.ts";
import { ChatMessage } from "./chat-message.tsx";

// What each channel says of itself, wherever one may write into it.
const channels = {
  all: { label: "Everybody", icon: "person", note: "The person at the device reads it.", hint: "Message to everybody", send: "Send to everybody", wire: ChatChannel.UNSPECIFIED },
  reps: { label: "Reps only", icon: "lock", note: "Only reps read it, never the person at the device.", hint: "Message to reps only", send: "Send to reps only", wire: ChatChannel.REPS },
} as const;

/** The chat of a session: what everybody reads and what only reps read, in one history (Q10). */
export function Chat({ session, messages }: { session: Session; messages: readonly Message[] }) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [messages.length]);
  return (
    <>
      <div class="chat" ref={list} role="log" aria-label="Messages">
        {messages.length === 0 && <p class="muted chat-empty">No messages yet. Say hello, and what you are going to do.</p>}
        {messages.map((m) => (
          <ChatMessage key={String(m.seq)} message={m} />
        ))}
      </div>
      <TypingLine session={session.id} />
      <Compose session={session} repsSpoke={messages.some((m) => m.channel === ChatChannel.REPS)} />
    </>
  );
}

/** Who else writes now. */
function TypingLine({ session }: { session: string }) {
  const all = useStore().chats.typists.of(session);
  const names = all.map((t) => t.name || "Customer");
  const among = all.length > 0 && all.every((t) => t.reps);
  const said = names.length === 0 ? "" : names.length > 2 ? `${names.length} people are writing` : `${names.join(" and ")} ${names.length === 1 ? "is" : "are"} writing`;
  return (
    <small class="typing" role="status" data-testid="typing">
      {said && `${said}${among ? " to reps only" : ""}…`}
    </small>
  );
}

/** Where a message is written. The channel is never changed but by the one who writes. */
function Compose({ session, repsSpoke }: { session: Session; repsSpoke: boolean }) {
  const store = useStore();
  const [draft, setDraft] = useState(() => store.chats.draft(session.id));
  const change = (next: Draft) => {
    store.chats.keep(session.id, next);
    setDraft(next);
  };
  const typing = useMemo(() => new OwnTyping((now, to) => store.api.sessions.setTyping({ id: session.id, typing: now, channel: to }), () => performance.now()), [session.id]);
  useEffect(() => () => typing.stop(), [typing]);
  const channel = draft.channel;
  const of = channels[channel];
  const text = draft[channel];
  const { run, busy, why } = useCall(async (to: Channel, words: string) => {
    typing.sent();
    const r = await store.api.sessions.sendChat({ id: session.id, text: words, channel: channels[to].wire });
    if (r.chat) store.chats.take(session.id, [r.chat]);
    // Meanwhile the other channel may have been chosen and written into.
    const now = store.chats.draft(session.id);
    change({ ...now, [to]: now[to].trim() === words ? "" : now[to] });
  });
  const several = participantsOf(session).length > 1 || session.invitations.length > 0 || repsSpoke || channel === "reps";
  const tooLong = utf8Length(text) > maxText;
  return (
    <form
      class={`compose to-${channel}`}
      data-testid="compose"
      data-channel={channel}
      onSubmit={(e) => {
        e.preventDefault();
        if (text.trim() !== "" && !tooLong) run(channel, text.trim());
      }}
    >
      {several && (
        <fieldset class="channels">
          <legend class="unseen">Who reads the message</legend>
          {(["all", "reps"] as const).map((c) => (
            <label key={c} class={`channel to-${c}`} data-testid={`channel-${c}`}>
              <input type="radio" name="channel" value={c} checked={channel === c} onChange={() => change({ ...draft, channel: c })} />
              <Icon name={channels[c].icon} size={14} />
              {channels[c].label}
            </label>
          ))}
        </fieldset>
      )}
      <small class="compose-note" id="compose-note">
        {of.note}
      </small>
      {(why || tooLong) && (
        <small class="bad" role="alert">
          {tooLong ? "This message is too long." : why?.text}
        </small>
      )}
      <div class="compose-line">
        <input
          placeholder={of.hint}
          aria-label={of.hint}
          aria-describedby="compose-note"
          name="chat"
          data-testid="chat-input"
          autocomplete="off"
          value={text}
          onInput={(e) => {
            change({ ...draft, [channel]: e.currentTarget.value });
            typing.wrote(e.currentTarget.value, of.wire);
          }}
        />
        <button type="submit" class="btn primary square" aria-label={of.send} title={of.send} data-testid="chat-send" disabled={busy || text.trim() === "" || tooLong}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}
