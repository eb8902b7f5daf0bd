import assert from "node:assert/strict";
import { test } from "node:test";
import { type KeyEvent, Keyboard, type Platform } from "../src/core/keyboard.ts";
import { specialKeys, usageOf, usages } from "../src/core/keymap.ts";
import { Outbox } from "../src/core/outbox.ts";
import { splitText, utf8Length } from "../src/core/text.ts";
import { Wheel } from "../src/core/wheel.ts";
import { type Input, InputKind, parseInput } from "../src/wire/input.ts";
import { shared } from "./files.ts";

test("X4: every physical key is the usage that the endpoint expects", () => {
  const want = Object.fromEntries((JSON.parse(shared("input/testdata/keys.json")) as { code: string; hid: number }[]).map((k) => [k.code, k.hid]));
  assert.deepEqual({ ...usages }, want);
});

function typed(platform: Platform, play: (k: Keyboard) => void): string[] {
  const out: string[] = [];
  play(
    new Keyboard(platform, (e: Input) => {
      if (e.kind === InputKind.Key) out.push(`${Object.keys(usages).find((c) => usages[c] === e.code)}${e.down ? "+" : "-"}${e.text}`);
      else if (e.kind === InputKind.Text) out.push(`"${e.text}"`);
      else out.push("release");
    }),
  );
  return out;
}

const key = (code: string, key = code, more: Partial<KeyEvent> = {}): KeyEvent => ({ code, key, keyCode: 0, repeat: false, isComposing: false, timeStamp: 0, ...more });

test("X4: a press carries the physical key and the text it produced", () => {
  const got = typed("other", (k) => {
    k.down(key("ShiftLeft", "Shift"));
    k.down(key("KeyY", "Z"));
    k.up(key("KeyY", "Z"));
    k.up(key("ShiftLeft", "Shift"));
    k.down(key("Enter"));
    k.up(key("Enter"));
  });
  assert.deepEqual(got, ["ShiftLeft+", "KeyY+Z", "KeyY-", "ShiftLeft-", "Enter+", "Enter-"]);
});

test("X4: names of keys are no text, characters of any script are", () => {
  const got = typed("other", (k) => {
    for (const name of ["F5", "Delete", "AudioVolumeUp"]) k.down(key(name));
    k.down(key("KeyA", "ф"));
    k.down(key("KeyB", "e\u0301"));
    k.down(key("KeyC", "🙂"));
  });
  assert.deepEqual(got, ["F5+", "Delete+", "AudioVolumeUp+", "KeyA+ф", "KeyB+e\u0301", "KeyC+🙂"]);
});

test("X4: dead keys and input methods keep their keys to themselves; their text is typed", () => {
  const got = typed("other", (k) => {
    assert.equal(k.down(key("BracketLeft", "Dead")), false);
    assert.equal(k.up(key("BracketLeft", "Dead")), false);
    assert.equal(k.down(key("KeyE", "ê")), true);
    assert.equal(k.down(key("KeyN", "Process", { keyCode: 229 })), false);
    assert.equal(k.down(key("KeyI", "i", { isComposing: true })), false);
    k.text("你");
  });
  assert.deepEqual(got, ["KeyE+ê", '"你"']);
});

test("X4: AltGr on Windows is AltGr, not Ctrl and Alt", () => {
  const got = typed("windows", (k) => {
    k.down(key("ControlLeft", "Control", { timeStamp: 10 }));
    k.down(key("AltRight", "AltGraph", { timeStamp: 10 }));
    k.down(key("KeyQ", "@", { timeStamp: 90 }));
    k.up(key("KeyQ", "@"));
    k.up(key("ControlLeft", "Control"));
    k.up(key("AltRight", "AltGraph"));
  });
  assert.deepEqual(got, ["AltRight+", "KeyQ+@", "KeyQ-", "AltRight-"]);
});

test("X4: Ctrl on Windows is Ctrl as soon as anything else follows, or after a moment", () => {
  const press = (k: Keyboard) => k.down(key("ControlLeft", "Control", { timeStamp: 10 }));
  assert.deepEqual(
    typed("windows", (k) => {
      press(k);
      assert.ok(k.altGrWait > 0);
      k.down(key("KeyC", "c", { timeStamp: 20 }));
    }),
    ["ControlLeft+", "KeyC+c"],
  );
  assert.deepEqual(
    typed("windows", (k) => {
      press(k);
      k.settle();
      k.down(key("AltRight", "Alt", { timeStamp: 500 }));
      k.up(key("ControlLeft", "Control"));
    }),
    ["ControlLeft+", "AltRight+", "ControlLeft-"],
  );
  assert.deepEqual(
    typed("windows", (k) => {
      press(k);
      k.up(key("ControlLeft", "Control"));
    }),
    ["ControlLeft+", "ControlLeft-"],
  );
});

test("X4: nothing stays down: Command on macOS, keys without a release, the loss of the focus", () => {
  assert.deepEqual(
    typed("mac", (k) => {
      k.down(key("MetaLeft", "Meta"));
      k.down(key("KeyC", "c"));
      k.up(key("MetaLeft", "Meta"));
    }),
    ["MetaLeft+", "KeyC+c", "MetaLeft-", "KeyC-"],
  );
  assert.deepEqual(typed("windows", (k) => k.up(key("PrintScreen"))), ["PrintScreen+", "PrintScreen-"]);
  assert.deepEqual(
    typed("other", (k) => {
      k.down(key("KeyA", "a"));
      k.releaseAll();
      assert.equal(k.held, false);
      assert.equal(k.up(key("KeyA", "a")), false);
    }),
    ["KeyA+a", "release"],
  );
});

test("X4: combinations press in order and release backwards", () => {
  for (const { name, codes } of specialKeys) for (const code of codes) assert.ok(usageOf(code), `${name}: ${code}`);
  assert.deepEqual(typed("other", (k) => k.combination(["ControlLeft", "AltLeft", "Delete"])), ["ControlLeft+", "AltLeft+", "Delete+", "Delete-", "AltLeft-", "ControlLeft-"]);
});

test("motion is merged, but never across a press or a release", () => {
  const sent: Input[][] = [];
  const box = new Outbox((p) => sent.push(parseInput(p)));
  const motion = (x: number): Input => ({ kind: InputKind.Motion, x, y: 0 });
  box.push(motion(1));
  box.push(motion(2));
  assert.equal(sent.length, 0);
  box.push({ kind: InputKind.Button, x: 2, y: 0, button: 0, down: true });
  box.push(motion(3));
  box.push(motion(4));
  box.flush();
  box.flush();
  assert.deepEqual(
    sent.map((m) => m.map((e) => (e.kind === InputKind.Motion ? e.x : "press"))),
    [[2, "press"], [4]],
  );
});

test("the wheel counts in 1/120 of a notch and loses no fraction", () => {
  const w = new Wheel();
  assert.deepEqual(w.step({ deltaX: 0, deltaY: 3, deltaMode: 1 }), { dx: 0, dy: 120 });
  assert.deepEqual(w.step({ deltaX: 0, deltaY: -53, deltaMode: 0, wheelDeltaX: 0, wheelDeltaY: 120 }), { dx: 0, dy: -120 });
  let sum = 0;
  for (let i = 0; i < 100; i++) sum += w.step({ deltaX: 0, deltaY: 0.5, deltaMode: 0 }).dy;
  assert.equal(sum, 60);
});

test("long text is split between characters", () => {
  const parts = splitText("漢🙂a".repeat(500), 64);
  assert.equal(parts.join(""), "漢🙂a".repeat(500));
  for (const p of parts) assert.ok(utf8Length(p) <= 64 && new TextEncoder().encode(p).length === utf8Length(p));
});
