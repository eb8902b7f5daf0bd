import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import { hex } from "../../core/hex.ts";
import { outcome, phaseName, stageOf } from "../../core/session.ts";
import { clock } from "../../core/time.ts";
import type { AuditRecord, Session } from "../../gen/alongside/console/v1/console_pb.ts";
import type { Chat } from "../../gen/alongside/wire/v1/session_pb.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Link } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Failed, Loading, Notice, Tag } from "../../ui/parts.tsx";
import { useCall, useLoad, useNow, useStore } from "../context.ts";
import { ChatMessage } from "../session/chat-message.tsx";

/** The session that a record belongs to, its records with their hashes, and the way to terminate it. */
export function AuditSession({ id, close }: { id: string; close: () => void }) {
  const store = useStore();
  const news = store.tail.value.filter((r) => r.sessionId === id).length;
  const records = useLoad(async (signal) => (await store.api.audit.listAudit({ sessionId: id, limit: 500 }, { signal })).records, `${id} ${news}`);
  const loaded = useLoad((signal) => store.api.sessions.get({ id }, { signal }), id);
  const session = store.sessions.value.get(id) ?? loaded.value?.session;
  return (
    <section class="card" aria-labelledby="audit-session-title" data-testid="audit-session">
      <div class="tools">
        <h2 id="audit-session-title">{session ? `Session on ${session.deviceName}` : "Session"}</h2>
        {session && <Tag tone={stageOf(session.phase) === "over" ? "plain" : "good"} id="audit-session-phase">{stageOf(session.phase) === "over" ? phaseName(session.phase) : "ongoing"}</Tag>}
        <span class="grow" />
        <button type="button" class="btn quiet square" aria-label="Close the detail" onClick={close}>
          <Icon name="cross" />
        </button>
      </div>
      <div class="panel">
        {session && <Facts session={session} />}
        {!session && loaded.why && <p class="muted">{loaded.why.text}</p>}
        {session && stageOf(session.phase) !== "over" && <Terminate session={session} />}
        {session && store.may("recording.play") && <RecordingLink session={session} />}
        {!records.value && !records.why && <Loading rows={3} label="Loading its records" />}
        {records.why && <Failed why={records.why} retry={records.reload} />}
        {loaded.value && loaded.value.chat.length > 0 && <Transcript session={id} chat={loaded.value.chat} />}
        {records.value && <Trail records={[...records.value].reverse()} />}
      </div>
    </section>
  );
}

function Facts({ session: s }: { session: Session }) {
  const rep = useStore().who.value;
  const now = useNow(1000);
  const from = s.consentAt && timestampDate(s.consentAt);
  const until = s.endedAt ? timestampDate(s.endedAt) : now;
  const over = stageOf(s.phase) === "over";
  const ended = outcome(s, typeof rep === "object" ? rep.id : "");
  return (
    <div class="stack tight">
      <div class="muted">
        {s.repName} · started from {s.path || "the console"}
        {s.startedAt ? ` at ${timestampDate(s.startedAt).toLocaleTimeString(undefined, { hour12: false })}` : ""}
      </div>
      <div class="muted">
        {s.control ? "control" : "view only"} · {from ? `lasted ${clock(until.getTime() - from.getTime())}` : "no consent given"}
      </div>
      {over && (
        <div data-testid="audit-outcome">
          <b>{ended.title}.</b> {ended.text}
        </div>
      )}
      <div class="muted mono breakable">{s.id}</div>
    </div>
  );
}

/** The way to the recording, once the session is over (A4). */
function RecordingLink({ session }: { session: Session }) {
  const store = useStore();
  const over = stageOf(session.phase) === "over";
  const found = useLoad(async (signal) => (over ? (await store.api.recordings.listRecordings({ sessionId: session.id, limit: 1 }, { signal })).recordings[0] : undefined), `${session.id} ${over} ${store.changed.value.get("recordings") ?? 0}`);
  if (!over) return session.recorded ? <p class="muted" data-testid="recording-later">This session is recorded. The recording can be watched when it is over.</p> : null;
  if (found.why) return <Notice tone="warn">{`Whether there is a recording is not known: ${found.why.text}`}</Notice>;
  if (!found.value) return null;
  return (
    <Link to={`/recordings/${encodeURIComponent(found.value.id)}`} class="btn" id="recording-link">
      <Icon name="play" />
      Watch the recording
    </Link>
  );
}

/** What was said in the session, of both channels. */
function Transcript({ session, chat }: { session: string; chat: readonly Chat[] }) {
  const later = useStore().chats.of(session).filter((m) => !chat.some((c) => c.seq === m.seq)); // where the rep is in it
  return (
    <section class="transcript" aria-labelledby="transcript-title" data-testid="transcript">
      <h3 id="transcript-title">Chat</h3>
      <div class="chat">
        {[...chat, ...later].map((m) => (
          <ChatMessage key={String(m.seq)} message={m} />
        ))}
      </div>
    </section>
  );
}

function Trail({ records }: { records: readonly AuditRecord[] }) {
  return (
    <ol class="trail">
      {records.map((r) => (
        <li key={String(r.seq)}>
          <span>{r.action}</span>
          <small class="breakable">{`${r.actorName || r.actor}${r.detail ? ` · ${r.detail}` : ""}`}</small>
          <code class="breakable" data-testid="audit-hash">{`#${r.seq} ${hex(r.hash)}`}</code>
        </li>
      ))}
    </ol>
  );
}

function Terminate({ session }: { session: Session }) {
  const store = useStore();
  const [asking, setAsking] = useState(false);
  const action = session.actions.find((a) => a.id === "terminate");
  const { run, busy, why } = useCall(async () => {
    await store.callSession(session.id, store.api.sessions.terminate({ id: session.id, confirm: true }));
    setAsking(false);
  });
  if (action && !action.enabled) return <p class="reason-line">{action.reason || "You may not terminate this session."}</p>;
  if (!action && !store.may("session.terminate")) return null;
  return (
    <>
      <button type="button" class="btn danger" data-testid="terminate" onClick={() => setAsking(true)}>
        <Icon name="power" />
        Terminate this session
      </button>
      {asking && (
        <Dialog title="Terminate this session?" close={() => setAsking(false)} id="terminate-dialog">
          <p class="muted">
            {session.repName} loses the screen of {session.deviceName} at once. Both sides are told that an administrator ended it.
          </p>
          {why && <Notice tone="bad">{why.text}</Notice>}
          <footer class="dialog-foot">
            <button type="button" class="btn quiet" onClick={() => setAsking(false)}>
              Cancel
            </button>
            <button type="button" class="btn danger solid" disabled={busy} data-testid="terminate-confirm" onClick={() => run()}>
              {busy ? "Terminating…" : "Terminate"}
            </button>
          </footer>
        </Dialog>
      )}
    </>
  );
}
