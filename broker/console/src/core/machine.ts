import type { Session } from "../gen/alongside/console/v1/console_pb.ts";
import { type MachineInfo, RestartState } from "../gen/alongside/wire/v1/machine_pb.ts";
import { size } from "./time.ts";
import { errorWords } from "./words.ts";

/** One line of what a machine is. */
export interface Fact {
  readonly id: string;
  readonly name: string;
  readonly values: readonly string[];
}

/** How long a machine has run, in the two largest parts. */
export function uptime(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
  ];
  const at = parts.findIndex(([n]) => n > 0);
  if (at < 0) return "less than a minute";
  return parts.slice(at, at + 2).filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(" ");
}

/** What a machine says of itself, in the order in which it is asked for; what it does not know is left out. */
export function machineFacts(m: MachineInfo): Fact[] {
  const some = (...of: string[]) => of.filter((s) => s !== "");
  const bytes = (n: bigint) => size(Number(n));
  const facts: Fact[] = [
    { id: "os", name: "System", values: some(m.os) },
    { id: "kernel", name: "Kernel", values: some([m.kernel, m.arch].filter(Boolean).join(" · ")) },
    { id: "hostname", name: "Name", values: some(m.hostname) },
    { id: "user", name: "User", values: some(m.user) },
    { id: "uptime", name: "Running for", values: m.uptimeS > 0n ? [uptime(Number(m.uptimeS))] : [] },
    { id: "processor", name: "Processor", values: some(m.processor, m.threads > 0 ? `${m.threads} ${m.threads === 1 ? "thread" : "threads"}` : "") },
    { id: "memory", name: "Memory", values: m.memoryBytes > 0n ? [`${bytes(m.memoryFreeBytes)} free of ${bytes(m.memoryBytes)}`] : [] },
    { id: "disks", name: "Disks", values: m.disks.map((d) => `${d.mount}: ${bytes(d.freeBytes)} free of ${bytes(d.bytes)} (${d.fileSystem})`) },
    { id: "addresses", name: "Addresses", values: m.addresses.map((a) => `${a.address} (${a.interface})`) },
  ];
  return facts.filter((f) => f.values.length > 0);
}

/** Whether a restart is under way. */
export function restarts(s: Session): boolean {
  return s.restart !== undefined && s.restart.state !== RestartState.REFUSED;
}

/** What a restart has come to since, in words. */
export function restartBetween(before: Session, after: Session): string[] {
  const was = before.restart;
  const is = after.restart;
  if (before.id !== after.id) return [];
  if (!is) return was?.state === RestartState.RESTARTING && after.agentConnected ? ["The device is back."] : [];
  if (was?.count === is.count && was.state === is.state) return [];
  switch (is.state) {
    case RestartState.ASKING:
      return ["The person at the device is being asked whether it may restart."];
    case RestartState.RESTARTING:
      return ["The device is restarting."];
    case RestartState.REFUSED:
      return [`The device is not restarted: ${errorWords(is.code, is.detail)}`];
    default:
      return [];
  }
}
