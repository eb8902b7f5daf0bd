import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import { clock, size } from "../../core/time.ts";
import type { Recording } from "../../gen/alongside/console/v1/recording_pb.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Link } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Failed, Loading, Tag } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";

const most = 200;

/** The recordings of sessions that are over. */
export function RecordingsPage() {
  const store = useStore();
  const view = store.view.value;
  const list = useList("recordings", async (signal) => (await store.api.recordings.listRecordings({ view, limit: most }, { signal })).recordings, view);
  const [deleting, setDeleting] = useState<Recording>();
  return (
    <>
      <header class="head">
        <h1>Recordings</h1>
        {list.value && <span class="muted">{`${list.value.length}${list.value.length === most ? " newest" : ""}`}</span>}
      </header>
      <section class="card" aria-label="Recordings">
        {!list.value && !list.why && <Loading rows={5} label="Loading recordings" />}
        {list.why && <Failed why={list.why} retry={list.reload} />}
        {list.value?.length === 0 && (
          <Empty icon="record" title="No recordings">
            Sessions are recorded where a settings scope says so. A recording appears here when its session is over.
          </Empty>
        )}
        {list.value && list.value.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col">Session</th>
                <th scope="col" class="roomy-only">
                  When
                </th>
                <th scope="col">Length</th>
                <th scope="col" class="wide-only">
                  Size
                </th>
                <th scope="col" class="wide-only">
                  Kept until
                </th>
                <th scope="col" class="right">
                  <span class="unseen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {list.value.map((r) => (
                <tr key={r.id} data-testid="recording">
                  <td>
                    <b>{r.deviceName}</b>
                    <small class="detail">{r.repName}</small>
                  </td>
                  <td class="roomy-only">{r.startedAt ? timestampDate(r.startedAt).toLocaleString() : "–"}</td>
                  <td>
                    {clock(Number(r.durationMs))} {!r.complete && <Tag tone="warn">cut short</Tag>} {r.gaps > 0 && <Tag tone="warn">{`${r.gaps} ${r.gaps === 1 ? "gap" : "gaps"}`}</Tag>}
                  </td>
                  <td class="wide-only">{size(Number(r.bytes))}</td>
                  <td class="wide-only">{r.keptUntil ? timestampDate(r.keptUntil).toLocaleDateString() : "for ever"}</td>
                  <td class="right">
                    <span class="action">
                      <Link to={`/recordings/${encodeURIComponent(r.id)}`} class="btn" id="play-recording" label={`Play the recording of ${r.deviceName}`}>
                        <Icon name="play" />
                        Play
                      </Link>
                      {store.may("recording.delete") && (
                        <button type="button" class="btn quiet square" aria-label={`Delete the recording of ${r.deviceName}`} data-testid="delete-recording" onClick={() => setDeleting(r)}>
                          <Icon name="trash" />
                        </button>
                      )}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      {deleting && <Delete recording={deleting} close={() => setDeleting(undefined)} done={list.reload} />}
    </>
  );
}

function Delete({ recording: r, close, done }: { recording: Recording; close: () => void; done: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.recordings.deleteRecording({ id: r.id, confirm: true });
    done();
    close();
  });
  return (
    <Confirm title="Delete this recording?" action="Delete" busyAction="Deleting…" close={close} run={() => run()} busy={busy} why={why} id="delete-recording">
      {`The session of ${r.repName} on ${r.deviceName} cannot be watched again. The audit log keeps who deleted it.`}
    </Confirm>
  );
}
