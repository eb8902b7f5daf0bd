import { RequestPhase } from "../gen/alongside/console/v1/request_pb.ts";
import type { Place } from "../ui/frame.tsx";
import type { Route } from "../ui/router.ts";
import { queueOf } from "./queue/queued.ts";
import type { Store } from "./store.ts";

/** The places of the rail that are of use to whoever is signed in. */
export function placesOf(store: Store): Place[] {
  const waiting = [...store.requests.value.values()].filter((r) => r.phase === RequestPhase.PENDING && store.inView(store.devices.value?.get(r.deviceId)));
  const queue = queueOf(store);
  const all: (Place & { readonly shown?: boolean })[] = [
    { id: "summary", to: "/", icon: "summary", label: "Summary" },
    { id: "requests", to: "/requests", icon: "requests", label: "Requests", count: waiting.length },
    { id: "queue", to: "/queue", icon: "clock", label: "Queue", count: queue.invitations.length + queue.requests.length + queue.visitors.length + queue.waiting.length + queue.held.length },
    { id: "inventory", to: "/inventory", icon: "inventory", label: "Inventory" },
    { id: "jump", to: "/jump", icon: "jump", label: "Jump", shown: ["jump.start", "jump.pin", "jump.edit"].some((p) => store.may(p)) },
    { id: "audit", to: "/audit", icon: "audit", label: "Audit log", shown: store.may("audit.read") },
    { id: "recordings", to: "/recordings", icon: "record", label: "Recordings", shown: store.may("recording.play") },
    { id: "settings", to: "/settings", icon: "settings", label: "Settings", shown: settingsParts(store).length > 0 },
  ];
  return all.filter((p) => p.shown !== false);
}

/** One page of the settings. */
export interface SettingsPart {
  readonly id: string;
  readonly label: string;
}

/** The pages of the settings that the rep may change. */
export function settingsParts(store: Store): SettingsPart[] {
  const all: [string, string, string][] = [
    ["scopes", "Scopes", "settings.edit"],
    ["users", "Users", "account.edit"],
    ["roles", "Roles", "account.edit"],
    ["teams", "Teams", "settings.edit"],
    ["queues", "Queues", "settings.edit"],
    ["issues", "Issues", "settings.edit"],
    ["jump-groups", "Jump Groups", "settings.edit"],
    ["jump-policies", "Jump policies", "settings.edit"],
    ["session-policies", "Session policies", "settings.edit"],
    ["buttons", "Support Buttons", "settings.edit"],
    ["tokens", "Enrollment", "enrollment.edit"],
    ["portal", "Portal page", "settings.edit"],
    ["mail", "Mail", "mail.edit"],
    ["recordings", "Recordings", "settings.edit"],
  ];
  return all.filter(([, , permission]) => store.may(permission)).map(([id, label]) => ({ id, label }));
}

/** The entry of the rail that a page belongs to. */
export function placeOf(route: Route): string {
  if (route.page === "device" || route.page === "explain") return "inventory";
  if (route.page === "player") return "recordings";
  return route.page;
}
