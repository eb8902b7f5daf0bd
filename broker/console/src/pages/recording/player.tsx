import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useEffect, useRef, useState } from "preact/hooks";
import { maskedAt, masks, otherSpeed, parseSegment } from "../../core/recording.ts";
import { clock, size } from "../../core/time.ts";
import type { OpenRecordingResponse } from "../../gen/alongside/console/v1/recording_pb.ts";
import { failure } from "../../net/api.ts";
import { Link } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Failed, Loading, Notice, Tag } from "../../ui/parts.tsx";
import { PlayerElement } from "../../ui/player/element.ts";
import { Player } from "../../ui/player/player.ts";
import { useLoad, useStore } from "../context.ts";
import { PlayerControls } from "./player-controls.tsx";
import { Marks } from "./player-marks.tsx";

const stepMs = 5000;
const leapMs = 30_000;

/** A recording: its screen, its clock and what happened when. */
export function PlayerPage({ id }: { id: string }) {
  const store = useStore();
  const opened = useLoad((signal) => store.api.recordings.openRecording({ id }, { signal }), id);
  return (
    <>
      <Link to="/recordings" class="crumb" id="back">
        <Icon name="back" size={15} />
        Recordings
      </Link>
      {!opened.value && !opened.why && <Loading rows={4} label="Opening the recording" />}
      {opened.why && (
        <section class="card">
          <Failed why={opened.why} retry={opened.reload} />
        </section>
      )}
      {opened.value && <Recorded of={opened.value} />}
    </>
  );
}

function Recorded({ of }: { of: OpenRecordingResponse }) {
  const store = useStore();
  const r = of.recording;
  const stage = useRef<HTMLDivElement>(null);
  const [player, setPlayer] = useState<Player>();
  const [, setTurn] = useState(0);
  const lengthMs = Math.max(Number(r?.durationMs ?? 0n), ...of.segments.map((s) => Number(s.toMs)));

  useEffect(() => {
    const element = new PlayerElement();
    element.dataset["testid"] = "player";
    stage.current?.prepend(element);
    const made = new Player({
      spans: of.segments.map((s) => ({ from: Number(s.fromMs), to: Number(s.toMs), key: s.key })),
      lengthMs,
      fetch: async (index) => {
        const parts: Uint8Array[] = [];
        try {
          for await (const p of store.api.recordings.readSegment({ id: r?.id ?? "", index: of.segments[index]?.index ?? index })) parts.push(p.content);
        } catch (err) {
          throw new Error(failure(err).text);
        }
        return parseSegment(joined(parts));
      },
      show: (media, fresh) => element.play(media, fresh),
      changed: () => setTurn((t) => t + 1),
    });
    setPlayer(made);
    void made.seek(0);
    return () => {
      made.close();
      element.remove();
    };
  }, [of]);

  const onKeyDown = (e: KeyboardEvent) => {
    if (!player || e.ctrlKey || e.metaKey || e.altKey) return;
    const focused = e.target instanceof HTMLElement ? e.target : undefined;
    // A button keeps its own Space; the timeline's own arrows would do half the work.
    if (e.key === " " && focused?.closest("button, a")) return;
    const to: Record<string, () => void> = {
      " ": () => player.toggle(),
      k: () => player.toggle(),
      ArrowLeft: () => void player.seek(player.position - (e.shiftKey ? leapMs : stepMs)),
      ArrowRight: () => void player.seek(player.position + (e.shiftKey ? leapMs : stepMs)),
      Home: () => void player.seek(0),
      End: () => void player.seek(lengthMs),
      "+": () => (player.speed = otherSpeed(player.speed, 1)),
      "-": () => (player.speed = otherSpeed(player.speed, -1)),
    };
    const act = to[e.key];
    if (!act) return;
    e.preventDefault();
    act();
  };

  return (
    <>
      <header class="head">
        <div>
          <h1>{r?.deviceName}</h1>
          <span class="muted">{[r?.repName, r?.startedAt && timestampDate(r.startedAt).toLocaleString(), size(Number(r?.bytes ?? 0n))].filter(Boolean).join(" · ")}</span>
        </div>
        <span class="grow" />
        {r && !r.complete && <Tag tone="warn" id="incomplete" title="The session ended abruptly; it plays up to the last part that was written.">cut short</Tag>}
        {r?.sessionId && store.may("audit.read") && (
          <Link to={`/audit?session=${encodeURIComponent(r.sessionId)}`} class="btn">
            In the audit log
          </Link>
        )}
      </header>
      <div class="player-cols">
        <section class="card player" aria-label="Player" tabIndex={-1} onKeyDown={onKeyDown} data-testid="player-page" data-state={player?.state} data-position={Math.round(player?.position ?? 0)} data-shown={Math.round(player?.shownAt ?? -1)} data-speed={player?.speed}>
          <div class="player-stage" ref={stage}>
            {player?.state === "waiting" && <div class="pulse" role="status" aria-label="Loading" />}
            {player && maskedAt(masks(of.marks, lengthMs), player.position) && (
              <div class="masked" role="status" data-testid="masked">
                <p>
                  <Icon name="shield" />
                  The picture was not kept here: the form for administrative rights was open.
                </p>
              </div>
            )}
            {of.segments.length === 0 && <p class="muted">Nothing was recorded.</p>}
          </div>
          {player?.state === "failed" && <Notice tone="bad" id="player-error">{`The recording cannot be played here: ${player.error}`}</Notice>}
          {player && <PlayerControls player={player} lengthMs={lengthMs} marks={of.marks} />}
        </section>
        <Marks marks={of.marks} at={player?.position ?? 0} seek={(ms) => void player?.seek(ms)} length={clock(lengthMs)} />
      </div>
    </>
  );
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}
