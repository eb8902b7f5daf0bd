import { Availability } from "../gen/alongside/console/v1/participant_pb.ts";

interface Reach {
  readonly words: string;
  readonly tone: "on" | "busy" | "off";
  /** Whoever answers sooner comes first. */
  readonly rank: number;
}

const reaches: Readonly<Record<Availability, Reach>> = {
  [Availability.UNSPECIFIED]: { words: "not known", tone: "off", rank: 5 },
  [Availability.OFFLINE]: { words: "not signed in", tone: "off", rank: 4 },
  [Availability.EXTENDED]: { words: "not signed in, is asked by mail", tone: "off", rank: 3 },
  [Availability.IDLE]: { words: "signed in, not at the console", tone: "busy", rank: 1 },
  [Availability.AWAY]: { words: "away", tone: "busy", rank: 2 },
  [Availability.AVAILABLE]: { words: "available", tone: "on", rank: 0 },
};

/** How a rep can be reached, in words, as a dot, and in which order. */
export function reachOf(a: Availability): Reach {
  return (reaches as Readonly<Record<number, Reach>>)[a] ?? reaches[Availability.UNSPECIFIED];
}
