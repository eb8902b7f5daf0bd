import { useEffect, useRef, useState } from "preact/hooks";
import { type PortalApi, type PortalFailure, portalFailure } from "../net/portal.ts";
import { phaseName } from "../core/session.ts";
import { utf8Length } from "../core/text.ts";
import { SessionPhase } from "../gen/alongside/console/v1/console_pb.ts";
import { EndedBy } from "../gen/alongside/wire/v1/reason_pb.ts";
import { ChatChannel, type Chat as Message } from "../gen/alongside/wire/v1/session_pb.ts";
import { Icon } from "../ui/icon.tsx";
import { Notice } from "../ui/parts.tsx";
import { maxText } from "../wire/limits.ts";
import type { Visit } from "./chat.ts";
import { ClientQuestion } from "./client.tsx";
import { failureWords } from "./failure.ts";
import type { Words } from "./words.ts";

/** The chat, from waiting to its end. */
export function Talk({ api, visit, words: w, again }: { api: PortalApi; visit: Visit; words: Words; again: () => void }) {
  const s = visit.state.value;
  const [leaving, setLeaving] = useState(false);
  const [screened, setScreened] = useState(false);
  useEffect(() => {
    if (s?.screen) setScreened(true);
  }, [s?.screen]);
  if (!s) return <p role="status">{w.loading}</p>;
  const over = visit.over;
  const rep = s.repName || w.rep;
  return (
    <div class="talk" data-testid="talk" data-phase={phaseName(s.phase)}>
      <div role="status" class="stand">
        <Standing visit={visit} words={w} screened={screened} />
        {!visit.connected.value && !over && <Notice tone="warn">{w.lost}</Notice>}
      </div>
      {s.askedUntil && !over && <ClientQuestion key={String(s.askedUntil.seconds)} api={api} token={visit.token} rep={rep} words={w} />}
      <Messages said={visit.said.value} words={w} />
      <small class="typing" role="status" data-testid="typing">
        {!over && visit.writing.value.length > 0 && w.writing(visit.writing.value.map((name) => name || w.rep))}
      </small>
      {!over && <Compose visit={visit} words={w} />}
      {over ? (
        <button type="button" class="btn wide" data-testid="again" onClick={again}>
          {w.again}
        </button>
      ) : leaving ? (
        <div class="row" role="group" aria-label={w.leaveSure}>
          <span class="grow">{w.leaveSure}</span>
          <button type="button" class="btn" data-testid="leave-no" onClick={() => setLeaving(false)}>
            {w.leaveNo}
          </button>
          <button type="button" class="btn danger" data-testid="leave-yes" onClick={() => void api.leaveChat({ token: visit.token }).catch(() => setLeaving(false))}>
            {w.leaveYes}
          </button>
        </div>
      ) : (
        <button type="button" class="btn quiet" data-testid="leave" onClick={() => setLeaving(true)}>
          {w.leave}
        </button>
      )}
    </div>
  );
}

/** How the session stands, in a line or two. */
function Standing({ visit, words: w, screened }: { visit: Visit; words: Words; screened: boolean }) {
  const s = visit.state.value!;
  if (visit.over) {
    const by = s.endedBy === EndedBy.CUSTOMER ? w.endedYou : s.endedBy === EndedBy.REP || s.endedBy === EndedBy.ADMIN ? w.endedRep : w.endedElse;
    return (
      <>
        <h2 data-testid="over">{w.ended}</h2>
        <p class="muted">{`${by}${screened ? ` ${w.removed}` : ""}`}</p>
      </>
    );
  }
  if (s.phase === SessionPhase.WAITING) {
    return (
      <>
        <h2 data-testid="waiting">{w.waiting}</h2>
        <p class="muted">{`${s.ahead > 0 ? w.ahead(s.ahead) : w.next} ${w.keepOpen}`}</p>
      </>
    );
  }
  if (s.phase === SessionPhase.AWAITING_CONSENT) {
    return (
      <>
        <h2>{w.answer}</h2>
        <p class="muted">{w.answerText}</p>
      </>
    );
  }
  if (s.screen) {
    return (
      <>
        <h2 data-testid="screen">{w.screen}</h2>
        <p class="muted">{w.screenText(s.repName || w.rep)}</p>
      </>
    );
  }
  return <h2 data-testid="with-rep">{s.repName ? w.with(s.repName) : w.nobody}</h2>;
}

function Messages({ said, words: w }: { said: readonly Message[]; words: Words }) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [said.length]);
  return (
    <div class="chat" ref={list} role="log" aria-label={w.message} tabIndex={0} data-testid="messages">
      {said.map((m) => (
        <div key={String(m.seq)} class={`msg${m.fromCustomer ? " mine" : " colleague"}`} data-testid="message">
          <small>{`${m.fromCustomer ? w.you : m.from || w.rep} · ${new Date(Number(m.atUnixMs)).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })}`}</small>
          <span>{m.text}</span>
        </div>
      ))}
    </div>
  );
}

function Compose({ visit, words: w }: { visit: Visit; words: Words }) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<PortalFailure>();
  useEffect(() => () => visit.typing.stop(), [visit]);
  const tooLong = utf8Length(text) > maxText;
  const send = async () => {
    setBusy(true);
    setWhy(undefined);
    try {
      await visit.say(text.trim());
      setText("");
    } catch (err) {
      setWhy(portalFailure(err));
    }
    setBusy(false);
  };
  return (
    <form
      class="compose"
      onSubmit={(e) => {
        e.preventDefault();
        if (text.trim() !== "" && !tooLong && !busy) void send();
      }}
    >
      {(why || tooLong) && (
        <small class="bad" role="alert">
          {tooLong ? w.tooLong : why && failureWords(why, w)}
        </small>
      )}
      <div class="compose-line">
        <input
          aria-label={w.message}
          placeholder={w.message}
          name="chat"
          autocomplete="off"
          data-testid="chat-input"
          value={text}
          onInput={(e) => {
            setText(e.currentTarget.value);
            visit.typing.wrote(e.currentTarget.value, ChatChannel.UNSPECIFIED);
          }}
        />
        <button type="submit" class="btn primary square" aria-label={w.send} title={w.send} data-testid="chat-send" disabled={busy || text.trim() === "" || tooLong}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}
