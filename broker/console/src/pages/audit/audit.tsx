import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useEffect, useState } from "preact/hooks";
import { hex } from "../../core/hex.ts";
import type { AuditRecord } from "../../gen/alongside/console/v1/console_pb.ts";
import { type Failure, failure } from "../../net/api.ts";
import { useRouter } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Failed, Loading, Tag } from "../../ui/parts.tsx";
import { Export } from "./audit-export.tsx";
import { Filters, type Filter, noFilter, wireFilter } from "./audit-filters.tsx";
import { AuditSession } from "./audit-session.tsx";
import { useStore } from "../context.ts";

const pageSize = 100;
// A search waits for a pause in typing.
const pauseMs = 250;

interface Listing {
  readonly key: string;
  readonly plain: boolean; // neither searched nor filtered
  readonly records: readonly AuditRecord[];
  readonly more: boolean;
}

/** The audit log: newest first, searched by the broker, with the detail of a session beside it. */
export function AuditPage({ session }: { session: string }) {
  const store = useStore();
  const router = useRouter();
  const [query, setQuery] = useState("");
  const [listing, setListing] = useState<Listing>();
  const [why, setWhy] = useState<Failure>();
  const [turn, setTurn] = useState(0);
  const [loadingMore, setLoadingMore] = useState(false);
  const [filter, setFilter] = useState<Filter>(noFilter);
  const search = { query: query.trim(), filter: wireFilter(filter) };
  const key = JSON.stringify([search.query, filter]);
  const plain = search.query === "" && filter === noFilter;

  useEffect(() => {
    const life = new AbortController();
    const timer = setTimeout(
      () => {
        store.api.audit.listAudit({ ...search, limit: pageSize }, { signal: life.signal }).then(
          (r) => {
            setWhy(undefined);
            setListing({ key, plain, records: r.records, more: r.more });
          },
          (err: unknown) => {
            if (!life.signal.aborted) setWhy(failure(err));
          },
        );
      },
      listing ? pauseMs : 0,
    );
    return () => {
      clearTimeout(timer);
      life.abort();
    };
  }, [key, turn]);

  const older = () => {
    const last = listing?.records.at(-1);
    if (!last || loadingMore) return;
    setLoadingMore(true);
    store.api.audit.listAudit({ ...search, limit: pageSize, beforeSeq: last.seq }).then(
      (r) => {
        setLoadingMore(false);
        setListing((l) => l && { ...l, records: [...l.records, ...r.records], more: r.more });
      },
      (err: unknown) => {
        setLoadingMore(false);
        setWhy(failure(err));
      },
    );
  };

  // Without a search the live records stand on top; with one the broker searches.
  const newest = listing?.records[0]?.seq ?? 0n;
  const fresh = listing?.plain ? store.tail.value.filter((r) => r.seq > newest) : [];
  const records = listing && [...fresh, ...listing.records];
  const select = (id: string) => router.go(id === "" ? "/audit" : `/audit?session=${encodeURIComponent(id)}`, true);

  return (
    <>
      <header class="head">
        <h1>Audit log</h1>
        {records?.[0] && plain && <Tag tone="good">{`up to #${records[0].seq}`}</Tag>}
        <span class="grow" />
        {store.may("audit.export") && <Export search={search} />}
      </header>
      <div class={session ? "cols audit" : ""}>
        <section class="card" aria-label="Records">
          <div class="tools">
            <label class="search">
              <Icon name="search" size={15} />
              <input type="search" placeholder="Who, device, session, event" aria-label="Search the audit log" data-testid="audit-search" value={query} onInput={(e) => setQuery(e.currentTarget.value)} />
            </label>
            <Filters filter={filter} change={setFilter} />
          </div>
          {!listing && !why && <Loading rows={8} label="Loading the audit log" />}
          {why && <Failed why={why} retry={() => setTurn(turn + 1)} />}
          {!why && records?.length === 0 && (
            <Empty icon={plain ? "audit" : "search"} title={plain ? "Nothing happened yet" : "Nothing found"}>
              {!plain ? `No record matches${search.query ? ` “${search.query}”` : " these filters"}.` : "Sign-ins, sessions and changes are recorded here as they happen."}
            </Empty>
          )}
          {!why && records && records.length > 0 && (
            <table class="audit-table">
              <thead>
                <tr>
                  <th scope="col" class="col-time">
                    Time
                  </th>
                  <th scope="col" class="col-who">
                    Who
                  </th>
                  <th scope="col">Event</th>
                  <th scope="col" class="col-object wide-only">
                    Object
                  </th>
                  <th scope="col" class="col-result">
                    Result
                  </th>
                  <th scope="col" class="col-hash wide-only">
                    Hash
                  </th>
                </tr>
              </thead>
              <tbody>
                {records.map((r) => (
                  <Row key={String(r.seq)} record={r} selected={session !== "" && r.sessionId === session} select={select} />
                ))}
              </tbody>
            </table>
          )}
          {!why && listing?.more && (
            <div class="more">
              <button type="button" class="btn" disabled={loadingMore} data-testid="audit-more" onClick={older}>
                {loadingMore ? "Loading…" : "Older records"}
              </button>
            </div>
          )}
        </section>
        {session && <AuditSession id={session} close={() => select("")} />}
      </div>
    </>
  );
}

function Row({ record: r, selected, select }: { record: AuditRecord; selected: boolean; select: (session: string) => void }) {
  const at = r.at ? timestampDate(r.at) : undefined;
  const ok = r.result === "ok" || r.result === "yes" || r.result === "";
  const digest = hex(r.hash);
  return (
    <tr class={selected ? "selected" : ""} data-testid="audit-row" data-seq={String(r.seq)} data-action={r.action} data-result={r.result} data-session={r.sessionId}>
      <td class="mono" title={at?.toLocaleString()}>
        {at && <When at={at} />}
      </td>
      <td>{r.actorName || r.actor}</td>
      <td>
        {r.sessionId ? (
          <button type="button" class="row-link" data-testid="audit-session-link" onClick={() => select(r.sessionId)}>
            {r.action}
          </button>
        ) : (
          r.action
        )}
        {r.detail && <small class="detail" title={r.detail}>{r.detail}</small>}
      </td>
      <td class="wide-only">{r.objectName || r.object || "–"}</td>
      <td>
        <Tag tone={ok ? "good" : "bad"}>{(r.result || "ok").replaceAll("_", " ")}</Tag>
      </td>
      <td class="wide-only mono nowrap" title={`#${r.seq} sha256 ${digest}`}>
        {`#${r.seq} ${digest.slice(0, 8)}`}
      </td>
    </tr>
  );
}

function When({ at }: { at: Date }) {
  const today = at.toDateString() === new Date().toDateString();
  const time = at.toLocaleTimeString(undefined, { hour12: false });
  return <time dateTime={at.toISOString()}>{today ? time : `${at.toLocaleDateString()} ${time}`}</time>;
}
