import { useEffect, useRef } from "preact/hooks";
import { masks, speeds } from "../../core/recording.ts";
import { clock } from "../../core/time.ts";
import type { Mark } from "../../gen/alongside/console/v1/recording_pb.ts";
import { Select } from "../../ui/fields.tsx";
import { Icon } from "../../ui/icon.tsx";
import type { Player } from "../../ui/player/player.ts";

/** Play, the timeline with what happened on it, the time and the speed. */
export function PlayerControls({ player, lengthMs, marks }: { player: Player; lengthMs: number; marks: readonly Mark[] }) {
  const runs = player.state === "playing" || player.state === "waiting";
  const at = player.position;
  return (
    <div class="controls">
      <button type="button" class="btn primary square" aria-label={runs ? "Pause" : "Play"} title={runs ? "Pause (Space)" : "Play (Space)"} data-testid="play" onClick={() => player.toggle()}>
        <Icon name={runs ? "pause" : "play"} />
      </button>
      <div class="timeline">
        <input
          type="range"
          min={0}
          max={Math.max(1, Math.round(lengthMs))}
          step={100}
          value={Math.round(at)}
          aria-label="Position"
          aria-valuetext={`${clock(at)} of ${clock(lengthMs)}`}
          data-testid="timeline"
          onInput={(e) => void player.seek(Number(e.currentTarget.value))}
        />
        <div class="ticks" aria-hidden="true">
          {masks(marks, lengthMs).map((m, i) => (
            <Masked key={`mask-${i}`} from={m.from} to={m.to} lengthMs={lengthMs} />
          ))}
          {marks.map((m, i) => (
            <Tick key={i} mark={m} lengthMs={lengthMs} />
          ))}
        </div>
      </div>
      <span class="mono nowrap" data-testid="time">{`${clock(at)} / ${clock(lengthMs)}`}</span>
      <Select label="Speed" name="speed" hideLabel value={String(player.speed)} options={speeds.map((s) => ({ value: String(s), label: `${s}×` }))} onValue={(v) => (player.speed = Number(v))} />
    </div>
  );
}

/** A mark on the timeline. Its place is set as the page's script may: the policy forbids inline styles. */
function Tick({ mark, lengthMs }: { mark: Mark; lengthMs: number }) {
  const tick = useRef<HTMLElement>(null);
  useEffect(() => {
    if (tick.current) tick.current.style.left = `${(100 * Number(mark.atMs)) / Math.max(1, lengthMs)}%`;
  }, [mark, lengthMs]);
  return <i ref={tick} class={`tick tick-${mark.kind}`} />;
}

/** A span whose picture was not kept. */
function Masked({ from, to, lengthMs }: { from: number; to: number; lengthMs: number }) {
  const span = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!span.current) return;
    span.current.style.left = `${(100 * from) / Math.max(1, lengthMs)}%`;
    span.current.style.width = `${(100 * (to - from)) / Math.max(1, lengthMs)}%`;
  }, [from, to, lengthMs]);
  return <i ref={span} class="tick-span" data-testid="mask-span" />;
}
