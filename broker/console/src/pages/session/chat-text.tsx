import { useState } from "preact/hooks";
import { piecesOf } from "./links.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Foot } from "../../ui/confirm.tsx";

/** What was written. An address in it does nothing until it is clicked, and then asks. */
export function ChatText({ text }: { text: string }) {
  const [asked, setAsked] = useState("");
  return (
    <>
      <span>
        {piecesOf(text).map((p, i) =>
          p.url === undefined ? (
            p.text
          ) : (
            <button key={i} type="button" class="chat-link" title="Asks before it opens" data-testid="chat-link" onClick={() => setAsked(p.url ?? "")}>
              {p.text}
            </button>
          ),
        )}
      </span>
      {asked !== "" && <OpenLink url={asked} close={() => setAsked("")} />}
    </>
  );
}

function OpenLink({ url, close }: { url: string; close: () => void }) {
  return (
    <Dialog title={`Open a page of ${new URL(url).host}?`} close={close} id="open-link-dialog">
      <p class="muted">Somebody wrote this address in the chat. It opens in a new tab, which learns nothing of this session.</p>
      <p class="mono breakable" data-testid="open-link-url">
        {url}
      </p>
      <Foot>
        <button type="button" class="btn quiet" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          class="btn primary"
          data-testid="open-link"
          onClick={() => {
            window.open(url, "_blank", "noopener,noreferrer");
            close();
          }}
        >
          Open it
        </button>
      </Foot>
    </Dialog>
  );
}
