import type { OptionsResponse } from "../../gen/alongside/console/v1/button_pb.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Empty, Failed, Loading, Notice } from "../../ui/parts.tsx";
import { useCall, useLoad, useStore } from "../context.ts";
import { useButtonWish } from "./fields.tsx";

/** Puts a Support Button on the device of a session (B1). */
export function DeployButton({ session, close, done }: { session: Session; close: () => void; done: () => void }) {
  const store = useStore();
  const options = useLoad((signal) => store.api.buttons.options({}, { signal }), "");
  return (
    <Dialog title={`Put a Support Button on ${session.deviceName}`} close={close} id="deploy-dialog">
      {!options.value && !options.why && <Loading rows={3} label="Loading what a button may be" />}
      {options.why && <Failed why={options.why} retry={options.reload} />}
      {options.value?.profiles.length === 0 && (
        <Empty icon="help" title="No profiles">
          An administrator makes them in the settings, under Support Buttons.
        </Empty>
      )}
      {options.value && options.value.profiles.length > 0 && <Form session={session} options={options.value} close={close} done={done} />}
    </Dialog>
  );
}

function Form({ session, options, close, done }: { session: Session; options: OptionsResponse; close: () => void; done: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.buttons.deploy({ sessionId: session.id, ...wish });
    done();
  });
  const { wish, fields, told } = useButtonWish(options, why);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        run();
      }}
    >
      <p class="muted">An icon on the desktop and in the menu, with which people there enter a queue with one click.</p>
      {why && !told && <Notice tone="bad">{why.text}</Notice>}
      {fields}
      <SaveFoot close={close} busy={busy} disabled={wish.profileId === ""} action="Deploy" id="deploy" />
    </form>
  );
}
