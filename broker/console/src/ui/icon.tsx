const paths = {
  brand: "M8 5v14M16 5v14M8 12h8",
  inventory: "M3 5h18v11H3zM8 20h8M12 16v4",
  summary: "M4 4h7v7H4zM13 4h7v4h-7zM13 11h7v9h-7zM4 14h7v6H4z",
  requests: "M4 5h16v14H4zM4 13h5l1.5 3h3L15 13h5",
  settings: "M4 7h9M17 7h3M13 5v4M4 12h3M11 12h9M7 10v4M4 17h7M15 17h5M11 15v4",
  record: "M4 6h12v12H4zM16 10l4-2v8l-4-2",
  key: "M14 5a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM10.5 13.5L4 20M6 18l2 2",
  shield: "M12 3l8 3v6c0 4.5-3.2 7.6-8 9-4.8-1.4-8-4.5-8-9V6z",
  camera: "M4 7h4l2-2h4l2 2h4v12H4zM12 10a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  clipboard: "M8 5H6v16h12V5h-2M9 3h6v4H9z",
  play: "M8 5l11 7-11 7z",
  pause: "M8 5v14M16 5v14",
  drag: "M9 6h.01M9 12h.01M9 18h.01M15 6h.01M15 12h.01M15 18h.01",
  up: "M7 14l5-5 5 5",
  trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
  edit: "M4 20h4L19 9l-4-4L4 16z",
  mail: "M3 6h18v12H3zM3 7l9 7 9-7",
  audit: "M6 3h9l4 4v14H6zM9 12h7M9 16h7",
  out: "M10 4H5v16h5M15 8l4 4-4 4M19 12H9",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM20 20l-4.8-4.8",
  plus: "M12 5v14M5 12h14",
  back: "M15 6l-6 6 6 6",
  next: "M9 6l6 6-6 6",
  down: "M7 10l5 5 5-5",
  power: "M12 4v8M7.5 6.8a7 7 0 1 0 9 0",
  monitor: "M4 5h16v11H4zM9 20h6",
  scale: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  keys: "M3 7h18v10H3zM7 11h.01M11 11h.01M15 11h.01M8 14h8",
  chat: "M4 5h16v11H10l-4 4v-4H4z",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  check: "M5 13l4 4L19 7",
  cross: "M6 6l12 12M18 6L6 18",
  alert: "M12 4l9 16H3zM12 10v4M12 17h.01",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4 4-6 8-6s8 2 8 6",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.6 3.1-5.6 6.5-5.6s6.5 2 6.5 5.6M15.5 4.3a3.5 3.5 0 0 1 0 6.5M17.5 14.8c2.4.7 4 2.4 4 5.2",
  share: "M12 15V4M8 8l4-4 4 4M6 12H5v8h14v-8h-1",
  hand: "M8 12V6.5a1.5 1.5 0 0 1 3 0V11M11 10.5v-6a1.5 1.5 0 0 1 3 0V11M14 11V6.5a1.5 1.5 0 0 1 3 0V15c0 3.3-2.2 6-5.5 6-2.6 0-4-1.3-5.2-3.6L4.2 13.6c-.8-1.6 1.2-2.7 2.2-1.3L8 14.5",
  help: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM9.6 9.6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.2.9-1.2 1.7v.3M12 16.8h.01",
  send: "M4 12l16-7-6 15-3-6z",
  file: "M7 3h7l4 4v14H7zM14 3v5h4",
  jump: "M12 21c4-4.5 6-7.8 6-10.5a6 6 0 1 0-12 0C6 13.2 8 16.5 12 21zM12 8.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  expand: "M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5",
} as const;

export type IconName = keyof typeof paths;

/** A line icon in the colour of the text. It never carries meaning alone. */
export function Icon({ name, size = 17 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
