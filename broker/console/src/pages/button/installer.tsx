import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import type { CreateInstallerResponse, OptionsResponse } from "../../gen/alongside/console/v1/button_pb.ts";
import { Foot, SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { download } from "../../ui/download.ts";
import { Failed, Field, Loading, Notice } from "../../ui/parts.tsx";
import { useCall, useLoad, useStore } from "../context.ts";
import { useButtonWish } from "./fields.tsx";

const fileName = "button.alongside";
const day = 86_400;

/** The way to an installer of buttons, for those who may enroll devices as well. */
export function InstallerButton() {
  const store = useStore();
  const [open, setOpen] = useState(false);
  if (!store.may("enrollment.edit") || !store.may("button.edit")) return null;
  return (
    <>
      <button type="button" class="btn" data-testid="make-installer" onClick={() => setOpen(true)}>
        Installer…
      </button>
      {open && <Installer close={() => setOpen(false)} />}
    </>
  );
}

/** Makes a bundle with which devices enroll and get a button (B7). */
function Installer({ close }: { close: () => void }) {
  const store = useStore();
  const options = useLoad((signal) => store.api.buttons.options({}, { signal }), "");
  const [made, setMade] = useState<CreateInstallerResponse>();
  return (
    <Dialog title="Installer of a Support Button" close={close} id="installer-dialog">
      {!options.value && !options.why && <Loading rows={3} label="Loading what a button may be" />}
      {options.why && <Failed why={options.why} retry={options.reload} />}
      {options.value && !made && <Form options={options.value} close={close} made={setMade} />}
      {made && (
        <div class="stack">
          <Notice tone="warn">This is shown once. Whoever has it can enroll a device{made.expiresAt ? ` until ${timestampDate(made.expiresAt).toLocaleString()}` : ""}.</Notice>
          <textarea class="bundle mono" readOnly rows={7} aria-label="Installer" data-testid="installer" value={made.bundle} onFocus={(e) => e.currentTarget.select()} />
          <p class="muted">
            On the device: <code>alongside enroll --bundle {fileName}</code>
          </p>
          <Foot>
            <button type="button" class="btn" onClick={() => download(fileName, [made.bundle])}>
              Download
            </button>
            <button type="button" class="btn primary" onClick={close}>
              Done
            </button>
          </Foot>
        </div>
      )}
    </Dialog>
  );
}

function Form({ options, close, made }: { options: OptionsResponse; close: () => void; made: (r: CreateInstallerResponse) => void }) {
  const store = useStore();
  const [uses, setUses] = useState("1");
  const [days, setDays] = useState("1");
  const { run, busy, why } = useCall(async () => {
    made(await store.api.buttons.createInstaller({ ...wish, uses: number(uses), validS: BigInt(number(days) * day), note: `button: ${wish.description}` }));
  });
  const { wish, fields, told } = useButtonWish(options, why);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        run();
      }}
    >
      <p class="muted">Each device that enrolls with it gets the button, whose time begins then.</p>
      {why && !told && <Notice tone="bad">{why.text}</Notice>}
      {fields}
      <div class="pair">
        <Field label="Devices" name="installer-uses" type="number" hint="How many may be installed with it." value={uses} onValue={setUses} />
        <Field label="Valid for days" name="installer-days" type="number" hint="The installer; its buttons last as said above." value={days} onValue={setDays} />
      </div>
      <SaveFoot close={close} busy={busy} disabled={wish.profileId === ""} action="Make the installer" id="create-installer" />
    </form>
  );
}

function number(text: string): number {
  const n = Math.trunc(Number(text));
  return Number.isFinite(n) && n > 0 ? n : 1;
}
