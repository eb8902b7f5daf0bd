import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { fileWords, sizeWords } from "../src/core/files.ts";
import { Sha256 } from "../src/core/sha256.ts";
import { ActionSchema } from "../src/gen/alongside/console/v1/console_pb.ts";
import { FileState, type FileTransfer, FileTransferSchema } from "../src/gen/alongside/console/v1/file_pb.ts";
import { FileDirection } from "../src/gen/alongside/wire/v1/file_pb.ts";
import { ErrorCode } from "../src/gen/alongside/wire/v1/reason_pb.ts";
import * as ops from "./fake/ops.ts";
import { broker, by, live, page, shot, shown, test, until } from "./harness.ts";

const id = "5e551000";
const may = (id: string, reason = "") => create(ActionSchema, { id, enabled: reason === "", code: reason === "" ? ErrorCode.UNSPECIFIED : ErrorCode.POLICY_DENIED, reason });
const both = { actions: [may("send_file"), may("fetch_file")] };

test("X2: the sum of content in pieces is that of the whole", async () => {
  for (const size of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 100_000]) {
    const content = randomBytes(size);
    const sum = new Sha256();
    for (let at = 0, n = 1; at < size; at += n, n = (n * 7) % 131 || 1) sum.update(content.subarray(at, Math.min(size, at + n)));
    assert.equal(Buffer.from(sum.digest()).toString("hex"), createHash("sha256").update(content).digest("hex"), `${size} bytes`);
  }
});

test("X2: each state of a transfer has its words", async () => {
  const of = (state: FileState, more = {}): string => fileWords(create(FileTransferSchema, { direction: FileDirection.TO_ENDPOINT, name: "a.txt", size: 2048n, state, ...more }));
  const out = { direction: FileDirection.FROM_ENDPOINT };
  assert.match(of(FileState.ASKING), /asked whether they take a\.txt \(2\.0 KiB\)/);
  assert.match(of(FileState.ASKING, { ...out, name: "" }), /asked to choose a file/);
  assert.match(of(FileState.RUNNING, { done: 512n }), /Sending a\.txt · 25 %/);
  assert.match(of(FileState.RUNNING, { ...out, size: 0n }), /Receiving a\.txt · 100 %/);
  assert.match(of(FileState.DONE, { storedAs: "a (2).txt" }), /downloads, as a \(2\)\.txt/);
  assert.match(of(FileState.FAILED, { code: ErrorCode.DENIED_BY_USER }), /not transferred: The person at the device said no/);
  assert.match(of(FileState.FAILED, { code: ErrorCode.DISK_FULL }), /no room/);
  assert.equal(sizeWords(8 * 2 ** 30), "8.0 GiB");
});

test("X2: who may not send files sees why", async () => {
  await live(ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160)));
  await shown(1);
  assert.equal(await by("menu-files").count(), 0, "nothing is said of files yet");
  broker.putSession(id, { actions: [may("send_file", "the session is view only"), may("fetch_file", "the session is view only")] });
  await by("menu-files").click();
  assert.equal(await by("files-not").count(), 1);
  assert.match(await by("files-not").innerText(), /the session is view only/);
  assert.equal(await by("send-file").count(), 0);
  broker.putSession(id, { actions: [may("send_file"), may("fetch_file", "the settings do not let files go this way")] });
  await by("send-file").waitFor();
  assert.match(await by("files-not").innerText(), /From the device: the settings/);
});

test("X2: a file is read, asked about, sent and told of", async () => {
  await live(ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160)));
  await shown(1);
  broker.putSession(id, both);
  await by("menu-files").waitFor();
  await by("file-input").setInputFiles({ name: "note <b>.txt", mimeType: "text/html", buffer: Buffer.from("the content") });
  await by("transfer").waitFor();
  assert.match(await by("transfer-words").innerText(), /asked whether they take note <b>\.txt \(11 B\)/);
  const file = () => broker.company.filesOf(id)[0] as FileTransfer;
  assert.equal(Buffer.from(file().sha256).toString("hex"), createHash("sha256").update("the content").digest("hex"));
  const now = (change: Partial<FileTransfer>) => broker.putSession(id, { files: [Object.assign(file(), change)] });
  assert.equal(broker.company.takenFiles.size, 0, "nothing goes before the Yes");
  now({ state: FileState.AGREED });
  await until("the content", () => broker.company.takenFiles.get("/files/f1") === "the content");
  now({ state: FileState.RUNNING, done: 5n });
  await by("transfer").getByText("45 %").waitFor();
  await shot("files");
  await by("file-cancel").click();
  await until("the cancel", () => broker.company.cancelledFiles.includes("f1"));
  now({ state: FileState.FAILED, code: ErrorCode.CANCELLED });
  await by("transfer").getByText("was not transferred").waitFor();
  await by("file-hide").click();
  await by("transfers").waitFor({ state: "detached" });
});

test("X2: a file that the person chose is saved from a link, by who asked for it", async () => {
  await live(ops.update(ops.resize(320, 200), ops.fill({ x: 0, y: 0, w: 320, h: 200 }, 20, 90, 160)));
  await shown(1);
  broker.putSession(id, both);
  await by("menu-files").click();
  await by("fetch-file").click();
  await by("transfer").getByText("asked to choose").waitFor();
  const file = () => broker.company.filesOf(id)[0] as FileTransfer;
  broker.putSession(id, { files: [Object.assign(file(), { state: FileState.AGREED, name: "log", size: 4n })] });
  const link = by("file-save");
  await link.waitFor();
  assert.equal(await link.getAttribute("href"), "/files/f1");
  assert.notEqual(await link.getAttribute("download"), null);
  broker.putSession(id, { files: [Object.assign(file(), { byId: "r2", byName: "Kim Two" })] });
  await by("transfer").getByText("Kim Two: log").waitFor();
  assert.equal(await by("file-save").count(), 0);
  assert.equal(await page.getByTestId("file-cancel").count(), 0);
});
