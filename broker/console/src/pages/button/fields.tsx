import { useState } from "preact/hooks";
import { lifetimesOf } from "../../core/button.ts";
import type { OptionsResponse } from "../../gen/alongside/console/v1/button_pb.ts";
import type { Failure } from "../../net/api.ts";
import { Select } from "../../ui/fields.tsx";
import { Field } from "../../ui/parts.tsx";

const secondsOfHour = 3600;

/** What a button is to be. */
export interface ButtonWish {
  readonly profileId: string;
  readonly queueId: string;
  readonly description: string;
  readonly lastsS: bigint;
}

/** The wish of a form, and the fields that change it. */
export function useButtonWish(options: OptionsResponse, why: Failure | undefined) {
  const [profileId, setProfile] = useState(options.profiles.length === 1 ? (options.profiles[0]?.id ?? "") : "");
  const [queueId, setQueue] = useState("");
  const [description, setDescription] = useState("");
  const [hours, setHours] = useState(0); // 0: the longest
  const profile = options.profiles.find((p) => p.id === profileId);
  const all = lifetimesOf(profile?.maxDays ?? 1);
  const lasts = all.find((l) => l.hours === hours) ?? all[all.length - 1];
  const own = options.queues.find((q) => q.id === profile?.queueId);
  const wrong = (field: string) => (why?.field === field ? why.text : undefined);
  const wish: ButtonWish = { profileId, queueId, description: description.trim(), lastsS: BigInt((lasts?.hours ?? 0) * secondsOfHour) };
  const fields = (
    <>
      <Select
        label="Profile"
        name="button-profile"
        value={profileId}
        options={[{ value: "", label: "Choose a profile" }, ...options.profiles.map((p) => ({ value: p.id, label: `${p.name} – “${p.title}”` }))]}
        hint={profile ? (profile.allUsers ? "It stands on the desktop of every user of the device." : "It stands on the desktop of the user in front.") : ""}
        error={wrong("profile")}
        onValue={setProfile}
      />
      <Select
        label="Queue"
        name="button-queue"
        value={queueId}
        options={[{ value: "", label: own ? `${own.name}, as the profile says` : "Choose a queue" }, ...options.queues.map((q) => ({ value: q.id, label: q.name }))]}
        hint="Where whoever uses it waits."
        error={wrong("queue")}
        onValue={setQueue}
      />
      <Select label="Lasts" name="button-lasts" value={String(lasts?.hours ?? 0)} options={all.map((l) => ({ value: String(l.hours), label: l.label }))} hint="Sessions can be asked for within that time. One that is on goes on." error={wrong("lasts_s")} onValue={(v) => setHours(Number(v))} />
      <Field label="Description" name="button-description" required={false} hint="For representatives; the customer does not see it." value={description} error={wrong("description")} onValue={setDescription} />
    </>
  );
  const told = why && ["profile", "queue", "lasts_s", "description"].includes(why.field);
  return { wish, fields, told: told === true };
}
