import { create } from "@bufbuild/protobuf";
import { ButtonProfileSchema, ObjectKind } from "../../gen/alongside/console/v1/directory_pb.ts";
import { Check, Select, TextArea } from "../../ui/fields.tsx";
import { IconFile } from "../../ui/icon-file.tsx";
import { Field } from "../../ui/parts.tsx";
import { InstallerButton } from "../button/installer.tsx";
import { choices, define, nameOf } from "./kind.ts";

const usualDays = 30;
const mostDays = 99_999; // that the field takes; the broker says what it allows

export const buttonProfile = define<"buttonProfile">({
  case: "buttonProfile",
  kind: ObjectKind.BUTTON_PROFILE,
  one: "profile",
  many: "Support Buttons",
  about: "Profiles of the buttons that reps leave on a device, so that people there get help with one click.",
  icon: "help",
  needs: [ObjectKind.QUEUE],
  columns: ["Title", "Queue", "Stands for", "Lasts"],
  errors: ["title", "queue", "max_days", "icon", "colour", "greeting"],
  beside: InstallerButton,
  blank: () => create(ButtonProfileSchema, { maxDays: usualDays }),
  cells: (v, refs) => [v.title, v.queue === "" ? "the rep chooses" : nameOf(refs.of(ObjectKind.QUEUE), v.queue), v.allUsers ? "every user" : "the user in front", v.maxDays === 1 ? "1 day" : `up to ${v.maxDays} days`],
  fields: ({ value, refs, change, wrong }) => (
    <>
      <Field label="Title" name="title" hint="What people read on the button." value={value.title} error={wrong("title")} onValue={(title) => change({ ...value, title })} />
      <Select label="Queue" name="queue" value={value.queue} options={choices(refs.of(ObjectKind.QUEUE), value.queue, "The rep who deploys it chooses")} hint="Where whoever clicks it waits." error={wrong("queue")} onValue={(queue) => change({ ...value, queue })} />
      <Field
        label="Lasts at most, in days"
        name="max-days"
        numeric
        hint="A rep may choose less."
        value={value.maxDays === 0 ? "" : String(value.maxDays)}
        error={wrong("max_days")}
        onValue={(v) => change({ ...value, maxDays: Math.min(Number(v.replace(/\D/g, "")), mostDays) })}
      />
      <IconFile label="Icon" name="button-icon" hint="Without one, a lifebuoy in the colour below is drawn." value={value.icon as Uint8Array<ArrayBuffer>} error={wrong("icon")} onValue={(icon) => change({ ...value, icon })} />
      <Field label="Colour" name="button-colour" required={false} hint="As #rrggbb, of the icon that is drawn." value={value.colour} error={wrong("colour")} onValue={(colour) => change({ ...value, colour: colour.trim() })} />
      <TextArea label="Greeting" name="button-greeting" rows={2} hint="What people read after using it." value={value.greeting} error={wrong("greeting")} onValue={(greeting) => change({ ...value, greeting })} />
      <Check label="With the request form" hint="Whoever uses it says who they are and why; otherwise one click is enough." name="button-form" checked={value.form} onValue={(form) => change({ ...value, form })} />
      <Check label="For every user of the device" hint="Otherwise it stands on the desktop of whoever is in front." name="all-users" checked={value.allUsers} onValue={(allUsers) => change({ ...value, allUsers })} />
    </>
  ),
});
