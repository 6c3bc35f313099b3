/** The console's one stylesheet. Colours are tokens, once for light and once for dark; contrast is 4.5:1 or more in both. */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --ground: #f4f5f7;
  --paper: #ffffff;
  --ink: #1b2330;
  --soft: #566173;
  --line: #d8dde5;
  --accent: #17497f;
  --accent-ink: #ffffff;
  --bar: #13263d;
  --bar-ink: #e9eef5;
  --bar-soft: #b4c2d3;
  --good: #1c6537;
  --good-ground: #e5f3ea;
  --moving: #17497f;
  --moving-ground: #e6eef8;
  --asks: #7a4a00;
  --asks-ground: #fdf1dc;
  --bad: #9c1f24;
  --bad-ground: #fbe8e8;
  --plain-ground: #eceff3;
  --radius: 6px;
  --mono: ui-monospace, "SFMono-Regular", "Cascadia Mono", "Liberation Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10161f;
    --paper: #18212d;
    --ink: #e4e9f0;
    --soft: #a3afbf;
    --line: #303c4b;
    --accent: #8fbcf0;
    --accent-ink: #0d1622;
    --bar: #0b111a;
    --bar-ink: #e4e9f0;
    --bar-soft: #a3afbf;
    --good: #8fd3a8;
    --good-ground: #17301f;
    --moving: #8fbcf0;
    --moving-ground: #172a42;
    --asks: #f0c274;
    --asks-ground: #372a10;
    --bad: #f3a3a6;
    --bad-ground: #3c1b1e;
    --plain-ground: #232e3c;
  }
}

*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  overflow-wrap: anywhere;
}
a { color: var(--accent); text-underline-offset: 0.15em; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1 { font-size: 1.7rem; font-weight: 650; margin: 0 0 1rem; letter-spacing: -0.01em; }
h2 { font-size: 1.15rem; font-weight: 650; margin: 0 0 0.75rem; }
h3 { font-size: 1rem; font-weight: 650; margin: 1.25rem 0 0.5rem; }
p { margin: 0 0 0.75rem; max-width: 46rem; }
small { font-size: 0.875rem; color: var(--soft); }
ul, ol { margin: 0 0 0.75rem; padding-left: 1.25rem; }

.skip { position: absolute; left: -100rem; }
.skip:focus { left: 0.5rem; top: 0.5rem; background: var(--paper); padding: 0.5rem 1rem; z-index: 1; }

.top { background: var(--bar); color: var(--bar-ink); }
.top :focus-visible { outline-color: var(--bar-ink); }
.bar { max-width: 76rem; margin: 0 auto; padding: 0.5rem 1.25rem; display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1.5rem; }
.brand { color: var(--bar-ink); font-weight: 700; font-size: 1.2rem; letter-spacing: 0.02em; text-decoration: none; padding: 0.4rem 0; }
.top nav ul { display: flex; flex-wrap: wrap; list-style: none; margin: 0; padding: 0; gap: 0 0.25rem; }
.top nav a { display: block; color: var(--bar-soft); text-decoration: none; padding: 0.5rem 0.65rem; border-bottom: 3px solid transparent; }
.top nav a:hover { color: var(--bar-ink); border-bottom-color: var(--bar-soft); }
.top nav a[aria-current] { color: var(--bar-ink); font-weight: 600; border-bottom-color: var(--bar-ink); }
.reader { margin-left: auto; display: flex; align-items: center; gap: 0.75rem; }
.reader small { color: var(--bar-soft); display: block; line-height: 1.2; }
.reader span { line-height: 1.25; }

main { max-width: 76rem; margin: 0 auto; padding: 1.75rem 1.25rem 2.5rem; }
main:focus { outline: none; }
footer { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem 2rem; color: var(--soft); font-size: 0.875rem; }

section, .card { background: var(--paper); border: 1px solid var(--line); border-radius: var(--radius); padding: 1.15rem 1.25rem; margin: 0 0 1.25rem; }
section > :last-child, .card > :last-child { margin-bottom: 0; }
.narrow { max-width: 34rem; }
.columns { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr); align-items: start; }
.columns > * { margin: 0; min-width: 0; }
@media (min-width: 62rem) { .columns { grid-template-columns: minmax(0, 1.5fr) minmax(0, 1fr); } }
.columns + section { margin-top: 1.25rem; }
.stack > * { margin-bottom: 1.25rem; }
.stack > :last-child { margin-bottom: 0; }

.lead { color: var(--soft); font-size: 1.05rem; }
.empty { color: var(--soft); margin: 0; }
.id { font-family: var(--mono); font-size: 0.875em; overflow-wrap: anywhere; }
.digest { font-family: var(--mono); font-size: 0.95rem; display: block; background: var(--plain-ground); border-radius: var(--radius); padding: 0.6rem 0.75rem; overflow-wrap: anywhere; }
pre { font: 0.85rem/1.5 var(--mono); background: var(--plain-ground); border-radius: var(--radius); padding: 0.75rem 1rem; margin: 0 0 0.75rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.added { border-left: 4px solid var(--good); }
.removed { border-left: 4px solid var(--bad); }

.status { display: inline-flex; gap: 0.4em; align-items: baseline; white-space: nowrap; font-size: 0.875rem; font-weight: 600; border-radius: 999px; padding: 0.1rem 0.65rem; background: var(--plain-ground); color: var(--ink); }
.status-good { background: var(--good-ground); color: var(--good); }
.status-moving { background: var(--moving-ground); color: var(--moving); }
.status-asks { background: var(--asks-ground); color: var(--asks); }
.status-bad { background: var(--bad-ground); color: var(--bad); }

.message { border-radius: var(--radius); padding: 0.6rem 0.9rem; margin: 0.75rem 0 1rem; }
.message:empty { display: none; }
.message-good { background: var(--good-ground); color: var(--good); }
.message-moving { background: var(--moving-ground); color: var(--moving); }
.message-asks { background: var(--asks-ground); color: var(--asks); }
.message-bad { background: var(--bad-ground); color: var(--bad); }

.facts { margin: 0 0 0.75rem; }
.facts > div { display: grid; grid-template-columns: minmax(0, 1fr); padding: 0.45rem 0; border-top: 1px solid var(--line); }
.facts > div:first-child { border-top: 0; padding-top: 0; }
.facts dt { color: var(--soft); font-size: 0.9rem; }
.facts dd { margin: 0; min-width: 0; }
.facts ul { margin: 0; }
@media (min-width: 40rem) { .facts > div { grid-template-columns: 11rem minmax(0, 1fr); gap: 1rem; } }

.rows { list-style: none; margin: 0; padding: 0; }
.rows > li { padding: 0.75rem 0; border-top: 1px solid var(--line); }
.rows > li:first-child { border-top: 0; padding-top: 0; }
.rows > li:last-child { padding-bottom: 0; }
.row-head { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; align-items: baseline; justify-content: space-between; }
.row-head a { font-weight: 600; }
.row-more { color: var(--soft); font-size: 0.925rem; margin: 0.15rem 0 0; max-width: none; }
/* The rotation's own page has the whole reason. */
.rows .reason { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; overflow: hidden; }

.scroll { overflow-x: auto; margin: 0 0 0.75rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.95rem; }
th, td { text-align: left; vertical-align: top; padding: 0.55rem 1rem 0.55rem 0; border-top: 1px solid var(--line); min-width: 7rem; overflow-wrap: break-word; }
th:has(.id), td:has(.id) { min-width: 11rem; }
tbody th .row-more { font-weight: 400; }
thead th { color: var(--soft); font-weight: 600; font-size: 0.85rem; border-top: 0; white-space: nowrap; }
tbody th { font-weight: 600; }

.timeline { list-style: none; margin: 0; padding: 0; }
.timeline li { position: relative; padding: 0 0 0.9rem 1.9rem; }
.timeline li::before { content: ""; position: absolute; left: 0.5rem; top: 1.2rem; bottom: -0.1rem; border-left: 2px solid var(--line); }
.timeline li:last-child { padding-bottom: 0; }
.timeline li:last-child::before { display: none; }
.timeline .mark { position: absolute; left: 0; top: 0.1rem; width: 1.1rem; text-align: center; font-weight: 700; }
.timeline .done .mark { color: var(--good); }
.timeline .now .mark { color: var(--moving); }
.timeline p { margin: 0; }
.timeline .when { color: var(--soft); font-size: 0.9rem; }

.picture { overflow: auto; max-height: 40rem; border: 1px solid var(--line); border-radius: var(--radius); background: var(--ground); }
.picture svg { display: block; margin: 0 auto; }
.picture text { font: 13px system-ui, sans-serif; fill: var(--ink); }
.picture rect { fill: var(--paper); stroke: var(--soft); stroke-width: 1; }
.picture path { fill: none; stroke: var(--soft); stroke-width: 1; }
.picture .arrow { fill: var(--soft); stroke: none; }
.picture .waits rect { stroke-dasharray: 5 4; }
.picture .visited rect { fill: var(--good-ground); stroke: var(--good); }
.picture .now rect { fill: var(--moving-ground); stroke: var(--moving); stroke-width: 3; }
.picture .now text { font-weight: 700; }
.picture .failed rect { fill: var(--bad-ground); stroke: var(--bad); stroke-width: 2; }

.plots { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 62rem) { .plots { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
.plot { margin: 0; min-width: 0; }
.plot figcaption { font-weight: 600; margin: 0 0 0.4rem; }
.plot svg { display: block; width: 100%; height: auto; }
.plot text { font: 12px system-ui, sans-serif; fill: var(--soft); }
.plot .grid { stroke: var(--line); }
.plot .line { fill: none; stroke: var(--accent); stroke-width: 2; }
.plot .point { fill: var(--accent); }

label { display: block; font-weight: 600; margin: 0 0 0.3rem; }
.hint { color: var(--soft); font-size: 0.9rem; margin: 0 0 0.4rem; }
progress { width: 100%; max-width: 46rem; height: 0.75rem; accent-color: var(--accent); display: block; margin-bottom: 0.5rem; }
form input + label { margin-top: 1rem; }
textarea, select, input[type=text], input[type=number], input:not([type]) { width: 100%; max-width: 46rem; font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--soft); border-radius: var(--radius); padding: 0.55rem 0.7rem; }
select { max-width: 100%; }
.filter { display: flex; flex-wrap: wrap; gap: 0.75rem 1rem; align-items: end; margin: 0 0 1rem; }
.filter > div { flex: 1 1 11rem; min-width: 0; }
.filter select, .filter input { display: block; min-height: 2.75rem; }
.filter > .buttons { flex: 0 1 auto; margin: 0; align-items: center; }
textarea { min-height: 5rem; resize: vertical; }
button { font: inherit; font-weight: 600; border: 1px solid var(--accent); background: var(--accent); color: var(--accent-ink); border-radius: var(--radius); padding: 0.6rem 1.2rem; min-height: 2.75rem; cursor: pointer; }
button:hover { filter: brightness(1.1); }
button:disabled { opacity: 0.6; cursor: not-allowed; filter: none; }
button.refuse { background: var(--paper); color: var(--bad); border-color: var(--bad); }
button.quiet { background: transparent; color: var(--bar-ink); border-color: var(--bar-soft); padding: 0.3rem 0.8rem; min-height: 2.25rem; font-weight: 500; }
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 1rem 0 0; }
.pages { display: flex; flex-wrap: wrap; gap: 1rem; margin: 0; }
details > summary { cursor: pointer; font-weight: 600; padding: 0.25rem 0; }
details[open] > summary { margin-bottom: 0.5rem; }

@media (max-width: 40rem) {
  .bar { padding: 0.35rem 1rem; }
  .top nav { order: 3; flex: 1 1 100%; min-width: 0; margin: 0 -0.65rem; }
  table, tbody, tr, tbody th, td { display: block; min-width: 0; padding: 0; border: 0; }
  thead { display: none; }
  th:has(.id), td:has(.id) { min-width: 0; }
  tbody tr { border-top: 1px solid var(--line); padding: 0.65rem 0; }
  tbody tr:first-child { border-top: 0; padding-top: 0; }
  tbody th { margin-bottom: 0.2rem; }
  td { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: 0.75rem; padding: 0.15rem 0; }
  td::before { content: attr(data-label); color: var(--soft); font-size: 0.85rem; }
  main { padding: 1.25rem 1rem 2rem; }
  footer { padding: 0 1rem 1.5rem; }
  h1 { font-size: 1.4rem; }
  section, .card { padding: 1rem; }
  .buttons button { flex: 1 1 10rem; }
  .status { white-space: normal; border-radius: 1rem; }
}
@media (prefers-reduced-motion: no-preference) { a, button { transition: filter 0.15s, color 0.15s, border-color 0.15s; } }
@media print { .top, footer, .buttons, .skip { display: none; } body, section { background: #fff; color: #000; } }
`;
