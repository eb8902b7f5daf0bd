import type { Matcher, Setting } from "../gen/alongside/console/v1/settings_pb.ts";

/** What a matcher holds, in a few words; nothing for users that are not limited. */
export function matcherWords(what: "devices" | "users", m: Matcher | undefined): string {
  const parts: string[] = [];
  if (m?.names.length) parts.push(m.names.join(", "));
  if (m?.groups.length) parts.push(`group ${m.groups.join(", ")}`);
  if (m?.tags.length) parts.push(`tag ${m.tags.join(", ")}`);
  if (parts.length > 0) return `${what}: ${parts.join(" or ")}`;
  return what === "devices" ? "every device" : "";
}

/** What is wrong with the value of a setting as it was typed, or nothing. */
export function settingProblem(s: Setting, value: string): string {
  if (s.kind !== "number") return "";
  const n = Number(value);
  if (value.trim() === "" || !Number.isFinite(n)) return "This has to be a number.";
  if (n < s.min || (s.max > s.min && n > s.max)) return s.max > s.min ? `From ${s.min} to ${s.max}.` : `At least ${s.min}.`;
  return "";
}
