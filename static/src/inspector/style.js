// The panel's looks, inside its shadow root: nothing of the page reaches it, nothing of it reaches the page.
export const STYLE = `
:host {
  all: initial;
  --paper: #ffffff;
  --sunk: #f4f4f6;
  --ink: #1b1b22;
  --soft: #5f5f6e;
  --line: #e0e0e7;
  --accent: #5b3df5;
  --good: #1d7a3a;
  --wait: #9a5b00;
  --bad: #b3261e;
  --focus: #1d63d8;
  color-scheme: light dark;
  font:
    400 14px/1.45 system-ui,
    -apple-system,
    "Segoe UI",
    Roboto,
    sans-serif;
  color: var(--ink);
}
@media (prefers-color-scheme: dark) {
  :host {
    --paper: #1b1b21;
    --sunk: #25252d;
    --ink: #ededf3;
    --soft: #a7a7b6;
    --line: #363641;
    --accent: #a594ff;
    --good: #7bd18f;
    --wait: #efb35a;
    --bad: #ff9d92;
    --focus: #8fb8ff;
  }
}
@media print {
  :host {
    display: none;
  }
}
* {
  box-sizing: border-box;
}
[hidden] {
  display: none !important;
}
button,
input {
  font: inherit;
  color: inherit;
}
button {
  cursor: pointer;
}
:focus-visible {
  outline: 2px solid var(--focus);
  outline-offset: 1px;
}
h2,
h3,
p,
ol,
ul,
dl,
dd,
figure {
  margin: 0;
  padding: 0;
}
ol,
ul {
  list-style: none;
}
code,
.method,
.commands,
td,
tbody th {
  font-family: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: 12px;
}

.pill {
  position: fixed;
  right: max(16px, env(safe-area-inset-right));
  bottom: max(16px, env(safe-area-inset-bottom));
  z-index: 2147483646;
  display: flex;
  align-items: center;
  gap: 8px;
  min-height: 40px;
  padding: 0 16px;
  border: 1px solid var(--line);
  border-radius: 99px;
  background: var(--paper);
  box-shadow:
    0 2px 6px rgb(0 0 0 / 14%),
    0 12px 32px -10px rgb(0 0 0 / 34%);
}
.pill:hover {
  border-color: var(--soft);
}
.pill span:not(.lamp, .count) {
  color: var(--soft);
}
.lamp {
  flex: none;
  width: 9px;
  height: 9px;
  border-radius: 50%;
  background: var(--soft);
}
.lamp.good {
  background: var(--good);
}
.lamp.wait {
  background: var(--wait);
}
.lamp.bad {
  background: var(--bad);
}
.count {
  min-width: 20px;
  padding: 0 6px;
  border-radius: 99px;
  background: var(--ink);
  color: var(--paper);
  font-size: 12px;
  line-height: 20px;
  text-align: center;
  font-variant-numeric: tabular-nums;
}
.count:empty {
  display: none;
}

.panel {
  position: fixed;
  inset: 0 0 0 auto;
  z-index: 2147483645;
  width: min(440px, 100vw);
  display: flex;
  flex-direction: column;
  background: var(--paper);
  border-left: 1px solid var(--line);
  box-shadow: -12px 0 40px -12px rgb(0 0 0 / 28%);
}
.panel:not([hidden]) + .pill {
  display: none;
}
header {
  display: flex;
  align-items: center;
  justify-content: space-between;
  padding: 12px 12px 0 18px;
}
h2 {
  font-size: 16px;
  font-weight: 700;
}
h3 {
  margin: 20px 0 8px;
  font-size: 13px;
}
.close {
  width: 36px;
  height: 36px;
  border: 0;
  border-radius: 10px;
  background: none;
  font-size: 22px;
  line-height: 1;
}
.close:hover {
  background: var(--sunk);
}
.tabs {
  display: flex;
  gap: 4px;
  padding: 4px 14px 0;
  border-bottom: 1px solid var(--line);
}
[role="tab"] {
  display: flex;
  align-items: center;
  gap: 6px;
  padding: 8px 10px;
  border: 0;
  border-bottom: 2px solid transparent;
  margin-bottom: -1px;
  background: none;
  color: var(--soft);
}
[role="tab"][aria-selected="true"] {
  color: var(--ink);
  border-color: var(--accent);
  font-weight: 600;
}
[role="tab"] .count {
  background: var(--wait);
}
.view {
  flex: 1;
  overflow: auto;
  overscroll-behavior: contain;
  padding: 14px 18px 24px;
}
.view:focus-visible {
  outline-offset: -2px;
}
.tools {
  display: flex;
  gap: 8px;
}
input {
  flex: 1;
  min-width: 0;
  min-height: 36px;
  padding: 0 12px;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--sunk);
}
.small {
  min-height: 32px;
  padding: 0 12px;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--paper);
  font-size: 13px;
}
.small:hover {
  border-color: var(--soft);
}
.quiet {
  margin: 8px 0;
  color: var(--soft);
  font-size: 13px;
}

.calls {
  margin: 0 -18px;
  border-top: 1px solid var(--line);
}
.call {
  border-bottom: 1px solid var(--line);
}
.line {
  display: grid;
  grid-template-columns: auto minmax(0, 1fr) auto 62px;
  align-items: baseline;
  gap: 8px;
  width: 100%;
  min-height: 40px;
  padding: 9px 18px;
  border: 0;
  background: none;
  text-align: left;
}
.line:hover {
  background: var(--sunk);
}
.line:focus-visible {
  outline-offset: -2px;
}
.method {
  color: var(--accent);
}
.title {
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
  font-weight: 600;
}
.title.missing {
  color: var(--bad);
  font-style: italic;
  font-weight: 400;
}
.ms {
  text-align: right;
  color: var(--soft);
  font-size: 12px;
  font-variant-numeric: tabular-nums;
  white-space: nowrap;
}
.badge {
  padding: 0 8px;
  border-radius: 99px;
  background: var(--sunk);
  color: var(--soft);
  font-size: 12px;
  line-height: 20px;
}
.badge.delivered {
  color: var(--good);
  background: color-mix(in srgb, var(--good) 14%, transparent);
}
.badge.kept {
  color: var(--wait);
  background: color-mix(in srgb, var(--wait) 16%, transparent);
}
.badge.dropped {
  color: var(--bad);
  background: color-mix(in srgb, var(--bad) 14%, transparent);
}
.details {
  display: grid;
  gap: 12px;
  padding: 4px 18px 16px;
}
.way {
  display: grid;
  gap: 3px;
  color: var(--soft);
  font-size: 13px;
}
.way li {
  position: relative;
  padding-left: 18px;
}
.way li::before {
  content: "";
  position: absolute;
  left: 2px;
  top: 6px;
  width: 8px;
  height: 8px;
  border-radius: 50%;
  background: var(--good);
}
.way li:not(:last-child)::after {
  content: "";
  position: absolute;
  left: 5.5px;
  top: 14px;
  bottom: -9px;
  width: 1px;
  background: var(--line);
}
.way .next::before {
  background: var(--paper);
  box-shadow: inset 0 0 0 2px var(--soft);
}
.way .held::before {
  background: var(--wait);
}
.way .meant::before {
  background: var(--soft);
}
.way .lost::before {
  background: var(--bad);
}
.way b {
  color: var(--ink);
  font-weight: 600;
}
.commands {
  white-space: pre-wrap;
  color: var(--soft);
  overflow-wrap: anywhere;
}
.scroll {
  margin-top: 8px;
  overflow-x: auto;
}
table {
  width: 100%;
  border-collapse: collapse;
}
th,
td {
  padding: 5px 10px 5px 0;
  border-top: 1px solid var(--line);
  text-align: left;
  vertical-align: top;
  font-weight: 400;
  overflow-wrap: anywhere;
}
th[scope="row"] {
  overflow-wrap: break-word;
}
thead th {
  border: 0;
  color: var(--soft);
  font-size: 12px;
}
tbody th {
  min-width: 90px;
}
td {
  min-width: 80px;
}
tbody i {
  display: block;
  font:
    500 11px/1.4 system-ui,
    sans-serif;
  color: var(--soft);
}
.changed td:last-child,
.added td:last-child,
.changed i,
.added i {
  color: var(--good);
}
.dropped td,
.dropped th {
  color: var(--soft);
}
.dropped i {
  color: var(--bad);
}
.copies {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 8px;
}
.said {
  color: var(--soft);
  font-size: 13px;
}

progress {
  appearance: none;
  display: block;
  width: 100%;
  height: 6px;
  margin: 4px 0 14px;
  border: 0;
  border-radius: 99px;
  background: var(--line);
  overflow: hidden;
}
progress::-webkit-progress-bar {
  background: var(--line);
}
progress::-webkit-progress-value {
  background: var(--accent);
}
progress::-moz-progress-bar {
  background: var(--accent);
}
.facts div {
  display: grid;
  grid-template-columns: 120px minmax(0, 1fr);
  gap: 10px;
  padding: 7px 0;
  border-bottom: 1px solid var(--line);
}
dt,
figcaption {
  color: var(--soft);
}
figcaption {
  margin-bottom: 8px;
  font-size: 13px;
}
.chart {
  display: block;
  width: 100%;
  height: auto;
  overflow: visible;
}
.chart text {
  font-size: 9px;
  fill: var(--soft);
}
.chart .grid {
  stroke: var(--line);
  stroke-width: 1;
}
.chart .whole {
  fill: color-mix(in srgb, var(--accent) 34%, transparent);
}
.chart .python {
  fill: var(--accent);
}
.legend {
  display: flex;
  gap: 16px;
  margin-top: 8px;
  color: var(--soft);
  font-size: 12px;
}
.legend span::before {
  content: "";
  display: inline-block;
  width: 9px;
  height: 9px;
  margin-right: 6px;
  border-radius: 3px;
  background: var(--accent);
}
.legend .whole::before {
  opacity: 0.34;
}
.notices li {
  padding: 9px 0;
  border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere;
}
.notices b {
  color: var(--wait);
}
.notices .error b {
  color: var(--bad);
}
.notices code {
  margin-left: 6px;
  color: var(--soft);
}
.why {
  margin: 4px 0 0;
  color: var(--soft);
  font-size: 13px;
}
.why a {
  color: var(--accent);
}

@media (width < 600px) {
  .pill {
    inset: auto 0 0 0;
    justify-content: center;
    min-height: 36px;
    padding-bottom: env(safe-area-inset-bottom);
    border-width: 1px 0 0;
    border-radius: 0;
    box-shadow: none;
  }
  .panel {
    inset: auto 0 0 0;
    width: 100%;
    height: 72vh;
    height: 72dvh;
    border: 0;
    border-top: 1px solid var(--line);
    border-radius: 20px 20px 0 0;
    box-shadow: 0 -12px 40px -12px rgb(0 0 0 / 36%);
  }
}
`;
