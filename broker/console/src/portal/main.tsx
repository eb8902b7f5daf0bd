import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { openPortal, type PortalFailure, portalFailure } from "../net/portal.ts";
import type { DescribePortalResponse } from "../gen/alongside/console/v1/portal_pb.ts";
import { ErrorCode } from "../gen/alongside/wire/v1/reason_pb.ts";
import { Notice } from "../ui/parts.tsx";
import { Begin } from "./begin.tsx";
import { Visit } from "./chat.ts";
import { failureWords } from "./failure.ts";
import { Talk } from "./talk.tsx";
import { languageOf, wordsIn } from "./words.ts";

const api = openPortal(location.origin);
const language = languageOf(navigator.languages);
const words = wordsIn(language);
document.documentElement.lang = language;
// A key comes as the fragment, which is never sent; it does not stay in the address.
const fragment = decodeURIComponent(location.hash.slice(1)).slice(0, 32);
if (fragment !== "") history.replaceState(null, "", location.pathname);

/** The public page: greeting, key or issue, waiting, chat, the client, the end. */
function Portal() {
  const [portal, setPortal] = useState<DescribePortalResponse>();
  const [why, setWhy] = useState<PortalFailure>();
  const [token, setToken] = useState(Visit.kept());
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    api.describePortal({}).then(
      (p) => {
        setPortal(p);
        document.title = p.title || p.organisation || words.support;
        if (p.accent) document.documentElement.style.setProperty("--brand", p.accent);
        document.documentElement.toggleAttribute("data-branded", p.accent !== "");
      },
      (err: unknown) => setWhy(portalFailure(err)),
    );
  }, [turn]);
  const visit = useMemo(() => (token === "" ? undefined : new Visit(api, token)), [token]);
  useEffect(() => {
    void visit?.watch();
  }, [visit]);
  const again = () => {
    visit?.forget();
    setToken("");
    setTurn(turn + 1);
  };
  // A chat that is not known any more is begun anew.
  const refused = visit?.refused.value;
  useEffect(() => {
    if (refused === ErrorCode.SESSION_UNKNOWN) again();
  }, [refused]);
  return (
    <main class="portal" data-testid="portal">
      <header class="portal-head">
        {portal?.logo && <img src={portal.logo} alt="" />}
        <h1>{portal ? portal.title || portal.organisation : words.support}</h1>
      </header>
      <section class="portal-card">
        {why && (
          <>
            <Notice tone="bad">{failureWords(why, words)}</Notice>
            <button type="button" class="btn" onClick={() => location.reload()}>
              {words.again}
            </button>
          </>
        )}
        {!portal && !why && <p role="status">{words.loading}</p>}
        {portal && visit && refused === ErrorCode.BUSY && <Notice tone="warn">{words.windows}</Notice>}
        {portal && visit && refused === undefined && <Talk api={api} visit={visit} words={words} again={again} />}
        {portal && !visit && (portal.closed ? <p data-testid="closed">{words.closed}</p> : <Begin api={api} portal={portal} words={words} fragment={fragment} begun={setToken} />)}
      </section>
    </main>
  );
}

const root = document.getElementById("root");
if (!root) throw new Error("no root element");
render(<Portal />, root);
