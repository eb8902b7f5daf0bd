import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import { type PortalApi, type PortalFailure, portalFailure } from "../net/portal.ts";
import type { ClientFile, FetchClientResponse } from "../gen/alongside/console/v1/portal_pb.ts";
import { download } from "../ui/download.ts";
import { Icon } from "../ui/icon.tsx";
import { Notice } from "../ui/parts.tsx";
import { failureWords } from "./failure.ts";
import { systemName, systemOf } from "./system.ts";
import type { Words } from "./words.ts";

/** The rep's question for the full client, and the way to it (C7, V2). */
export function ClientQuestion({ api, token, rep, words: w }: { api: PortalApi; token: string; rep: string; words: Words }) {
  const [files, setFiles] = useState<FetchClientResponse>();
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<PortalFailure>();
  const call = (what: () => Promise<void>) => {
    setBusy(true);
    setWhy(undefined);
    what().then(
      () => setBusy(false),
      (err: unknown) => {
        setBusy(false);
        setWhy(portalFailure(err));
      },
    );
  };
  const notNow = () =>
    call(async () => {
      await api.declineClient({ token });
    });
  return (
    <section class="ask" aria-labelledby="ask-title" data-testid="client-question">
      <h2 id="ask-title">{w.asks(rep)}</h2>
      {why && <Notice tone="bad" id="client-why">{failureWords(why, w)}</Notice>}
      {files ? (
        <Files files={files} words={w} />
      ) : (
        <>
          <p class="muted">{w.asksText}</p>
          <div class="row">
            <button
              type="button"
              class="btn primary"
              disabled={busy}
              data-testid="get-client"
              onClick={() =>
                call(async () => {
                  setFiles(await api.fetchClient({ token }));
                })
              }
            >
              {busy ? w.starting : w.get}
            </button>
            <button type="button" class="btn" disabled={busy} data-testid="not-now" onClick={notNow}>
              {w.notNow}
            </button>
          </div>
        </>
      )}
    </section>
  );
}

function Files({ files, words: w }: { files: FetchClientResponse; words: Words }) {
  const mine = systemOf(navigator.userAgent);
  const fit = files.clients.find((c) => c.os === mine.os && c.arch === mine.arch) ?? files.clients.find((c) => c.os === mine.os);
  const [chosen, setChosen] = useState<ClientFile | undefined>(fit);
  const others = files.clients.filter((c) => c !== chosen);
  const until = files.expiresAt ? timestampDate(files.expiresAt).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" }) : "";
  return (
    <div class="stack" data-testid="files">
      {!chosen && <Notice tone="warn" id="no-client">{w.none}</Notice>}
      {chosen && (
        <>
          <h3>{w.getBoth}</h3>
          <div class="row">
            <a class="btn primary" href={chosen.path} download={chosen.name} data-testid="get-program" data-sha256={chosen.sha256}>
              <Icon name="down" />
              {`${w.program}: ${systemName(chosen.os, chosen.arch)}, ${Math.ceil(Number(chosen.size) / 1e6)} MB`}
            </a>
            <button type="button" class="btn primary" data-testid="get-bundle" onClick={() => download(files.bundleName, [files.bundle])}>
              <Icon name="file" />
              {w.ticket}
            </button>
          </div>
          <small class="muted">{w.until(until)}</small>
          <h3>{w.run}</h3>
          {chosen.os === "windows" && <p>{w.runWindows}</p>}
          {chosen.os !== "windows" && (
            <>
              <p>{chosen.os === "linux" ? w.runLinux : w.runMac}</p>
              <pre class="command">{`chmod +x ${chosen.name} && ./${chosen.name}`}</pre>
            </>
          )}
          <details>
            <summary>{w.check}</summary>
            <code class="breakable" data-testid="sha256">
              {chosen.sha256}
            </code>
          </details>
        </>
      )}
      {others.length > 0 && (
        <details data-testid="other-systems" open={!chosen}>
          <summary>{w.other}</summary>
          <div class="row">
            {others.map((c) => (
              <button key={c.path} type="button" class="btn small" onClick={() => setChosen(c)}>
                {systemName(c.os, c.arch)}
              </button>
            ))}
          </div>
        </details>
      )}
    </div>
  );
}
