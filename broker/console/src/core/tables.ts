import { MalformedError } from "../wire/error.ts";
import { tablesJPEG } from "../wire/op.ts";

const soi = 0xffd8;
const eoi = 0xffd9;
const dht = 0xffc4;
const dqt = 0xffdb;

const u16 = (b: Uint8Array, at: number): number => ((b[at] ?? 0) << 8) | (b[at + 1] ?? 0);

/** Tables keeps what came once for the pictures of an epoch that name it. */
export class Tables {
  readonly #kept = new Map<number, Uint8Array>();

  /** Begins an epoch. */
  reset(): void {
    this.#kept.clear();
  }

  keep(table: number, codec: number, data: Uint8Array): void {
    if (codec !== tablesJPEG) throw new MalformedError(`codec ${codec} of tables`);
    if (!tablesOnly(data)) throw new MalformedError("not a tables-only JPEG");
    this.#kept.set(table, data.slice(0, data.length - 2));
  }

  /** A whole JPEG: the tables without their end, the picture without its start. */
  splice(table: number, data: Uint8Array): Uint8Array {
    const tables = this.#kept.get(table);
    if (!tables) throw new MalformedError(`table ${table} did not come`);
    if (data.length < 2 || u16(data, 0) !== soi) throw new MalformedError("not a JPEG");
    const whole = new Uint8Array(tables.length + data.length - 2);
    whole.set(tables);
    whole.set(data.subarray(2), tables.length);
    return whole;
  }
}

/** True for a start, segments of quantisers and codes, an end, and nothing else. */
function tablesOnly(b: Uint8Array): boolean {
  if (b.length < 4 || u16(b, 0) !== soi) return false;
  let at = 2;
  while (at + 4 <= b.length && (u16(b, at) === dqt || u16(b, at) === dht)) {
    const n = u16(b, at + 2);
    if (n < 2) return false;
    at += 2 + n;
  }
  return at + 2 === b.length && u16(b, at) === eoi;
}
