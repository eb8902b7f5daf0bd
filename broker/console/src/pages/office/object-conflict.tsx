import type { ConfigObject } from "../../gen/alongside/console/v1/directory_pb.ts";
import { Notice } from "../../ui/parts.tsx";
import type { Kind, References } from "./kind.ts";

/** Somebody else changed or deleted what is being edited: what is different, and whose it is to be. */
export function Conflict({ of, read, current, refs, keep, drop }: { of: Kind; read: ConfigObject; current: ConfigObject | undefined; refs: References; keep: () => void; drop: () => void }) {
  const before = described(of, read, refs);
  const now = current && described(of, current, refs);
  return (
    <Notice tone="warn" id="object-conflict">
      {now ? `Somebody else changed this ${of.one} in the meantime. What you typed is still here.` : `Somebody else deleted this ${of.one} in the meantime. What you typed is still here.`}
      {now && (
        <ul class="differences" data-testid="differences">
          {now.map(([title, text], i) => (text === before[i]?.[1] ? null : <li key={title}>{`${title}: ${before[i]?.[1] || "none"} → ${text || "none"}`}</li>))}
        </ul>
      )}
      <span class="action">
        <button type="button" class="btn small" data-testid="keep-mine" onClick={keep}>
          {now ? "Keep my changes" : "Make it again"}
        </button>
        <button type="button" class="btn small" data-testid="drop-mine" onClick={drop}>
          {now ? "Drop them" : "Leave it deleted"}
        </button>
      </span>
    </Notice>
  );
}

function described(of: Kind, o: ConfigObject, refs: References): readonly [string, string][] {
  const cells = of.cells(o, refs);
  return [["Name", o.name], ...of.columns.map((title, i): [string, string] => [title, cells[i] ?? ""]), ["Note", o.note]];
}
