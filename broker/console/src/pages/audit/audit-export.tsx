import type { MessageInitShape } from "@bufbuild/protobuf";
import { type AuditFilterSchema, ExportFormat } from "../../gen/alongside/console/v1/console_pb.ts";
import { failure, wantsProof } from "../../net/api.ts";
import { download } from "../../ui/download.ts";
import { Menu } from "../../ui/menu.tsx";
import { useCall, useStore } from "../context.ts";

/** A file of what the search and the filters choose. */
export function Export({ search }: { search: { query: string; filter: MessageInitShape<typeof AuditFilterSchema> } }) {
  const store = useStore();
  const read = async (format: ExportFormat) => {
    const parts: BlobPart[] = [];
    for await (const r of store.api.audit.export({ ...search, format })) parts.push(new Uint8Array(r.content));
    return parts;
  };
  const { run, busy, why } = useCall(async (format: ExportFormat) => {
    const parts = await read(format).catch(async (err: unknown) => {
      // A stream tells that it wants a proof only when it is read.
      const { code } = failure(err);
      if (!wantsProof(code) || !(await store.proofs.ask(code))) throw err;
      return read(format);
    });
    const json = format === ExportFormat.JSON;
    download(`audit-${new Date().toISOString().slice(0, 10)}.${json ? "jsonl" : "csv"}`, parts, json ? "application/jsonl" : "text/csv");
  });
  return (
    <span class="action">
      {why && (
        <small class="bad" role="alert">
          {why.text}
        </small>
      )}
      <Menu
        name="Export"
        icon="file"
        label={busy ? "Exporting…" : "Export"}
        disabled={busy}
        align="end"
        items={[
          { id: "export-json", label: "JSON", hint: "one object a line", pick: () => run(ExportFormat.JSON) },
          { id: "export-csv", label: "CSV", hint: "for spreadsheets", pick: () => run(ExportFormat.CSV) },
        ]}
      />
    </span>
  );
}
