import { clock } from "../../core/time.ts";
import type { Mark } from "../../gen/alongside/console/v1/recording_pb.ts";
import { Icon, type IconName } from "../../ui/icon.tsx";
import { Empty } from "../../ui/parts.tsx";

const kinds: Readonly<Record<string, { icon: IconName; label: string }>> = {
  chat: { icon: "chat", label: "Chat" },
  consent: { icon: "check", label: "Consent" },
  elevation: { icon: "shield", label: "Elevation" },
  mask: { icon: "shield", label: "Masked" },
  gap: { icon: "alert", label: "Nothing recorded" },
  rep: { icon: "person", label: "Representative" },
  end: { icon: "power", label: "End" },
};

/** What happened when; a click leads there. */
export function Marks({ marks, at, seek, length }: { marks: readonly Mark[]; at: number; seek: (ms: number) => void; length: string }) {
  const now = marks.findLastIndex((m) => Number(m.atMs) <= at);
  return (
    <section class="card" aria-labelledby="marks-title">
      <div class="tools">
        <h2 id="marks-title">Events</h2>
        <span class="grow" />
        <small>{length}</small>
      </div>
      {marks.length === 0 && (
        <Empty icon="clock" title="No events">
          Chat, consent and elevation of the session would stand here.
        </Empty>
      )}
      <ol class="marks">
        {marks.map((m, i) => {
          const kind = kinds[m.kind];
          return (
            <li key={i}>
              <button type="button" class="mark" aria-current={i === now ? "time" : undefined} data-testid="mark" data-kind={m.kind} onClick={() => seek(Number(m.atMs))}>
                <Icon name={kind?.icon ?? "clock"} size={15} />
                <span class="breakable">
                  <b>{kind?.label ?? m.kind}</b> {m.text}
                </span>
                <time class="mono">{clock(Number(m.atMs))}</time>
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
