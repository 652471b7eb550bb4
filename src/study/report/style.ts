import { palette } from './color.ts'

/** Colours of the page by role: `dark` for readers whose system prefers a dark scheme, `light` otherwise. */
export const colors = {
  light: {
    page: '#ffffff',
    ink: '#1b1e23',
    soft: '#575e6b',
    line: '#dfe2e7',
    panel: '#f5f6f8',
    link: '#0a5c94',
  },
  dark: {
    page: '#15171b',
    ink: '#e7e9ec',
    soft: '#a5adba',
    line: '#343a44',
    panel: '#1e2127',
    link: '#7cc0f0',
  },
} as const

function variables(mode: 'light' | 'dark'): string {
  const page = Object.entries(colors[mode]).map(([name, color]) => `--${name}: ${color};`)
  const series = palette[mode].map((color, i) => `--series-${i}: ${color};`)
  return [...page, ...series].join(' ')
}

/** The page's style sheet (CSS): layout, text, charts, tables and print. */
export const style = `:root { ${variables('light')} }
@media screen {
  :root { color-scheme: light dark; }
}
@media screen and (prefers-color-scheme: dark) {
  :root { ${variables('dark')} }
}
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
main { max-width: 104rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
section { margin-top: 3.5rem; }
p, ul, h2, h3, figcaption { max-width: 44rem; }
h1 { font-size: clamp(1.6rem, 1.2rem + 2vw, 2.25rem); line-height: 1.2; letter-spacing: -0.015em; font-weight: 650; margin: 0; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; line-height: 1.3; letter-spacing: -0.01em; font-weight: 650; margin: 0 0 0.5rem; scroll-margin-top: 1rem; }
h3 { font-size: 1rem; font-weight: 600; margin: 1.5rem 0 0.5rem; }
p { margin: 0 0 0.75rem; overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
.summary { color: var(--soft); margin: 1.25rem 0 0; font-size: 0.9rem; max-width: none; }
.answer { display: grid; gap: 0.75rem 3rem; max-width: 72rem; margin: 1.25rem 0 0; padding: 0 0 0 1.25rem; border-left: 3px solid var(--series-1); }
.answer p { margin: 0; }
.lead { grid-column: 1 / -1; font-size: clamp(1.2rem, 1rem + 0.8vw, 1.5rem); line-height: 1.4; text-wrap: pretty; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; max-width: none; margin: 2rem 0 0; padding: 0; list-style: none; font-size: 0.9rem; }
nav a { display: inline-block; padding: 0.15rem 0; }
pre { margin: 0 0 1rem; padding: 0.9rem 1rem; background: var(--panel); border-radius: 6px; overflow-x: auto; max-width: 60rem; font: 0.85rem/1.5 ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace; }
figure { margin: 0; }
.group { margin: 0 0 2.5rem; }
.group > figcaption > p { color: var(--soft); font-size: 0.9rem; margin: 0 0 1rem; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--least)), 1fr)); gap: 1.75rem 1.5rem; align-items: start; }
.panel { min-width: 0; max-width: calc(var(--width) * 1.35); }
.panels > .scroll { grid-column: 1 / -1; }
.panel > figcaption { font-weight: 600; font-size: 0.95rem; margin: 0 0 0.35rem; overflow-wrap: anywhere; }
.panel small { font-weight: 400; color: var(--soft); font-size: 0.8rem; }
.chart { --plot-background: var(--page); display: block; width: 100%; height: auto; overflow: visible; }
.wide { width: auto; margin: 0; }
.wide .chart { min-width: calc(var(--width) * 0.85); }
.chart text { white-space: pre; }
.scale { max-width: 300px; margin: 0 0 1rem; }
.key { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0 0 1rem; padding: 0; list-style: none; font-size: 0.875rem; max-width: none; }
.key li { overflow-wrap: anywhere; }
.swatch { vertical-align: middle; margin-right: 0.4rem; }
details { margin: 0.5rem 0 0; font-size: 0.85rem; max-width: 100%; }
summary { cursor: pointer; color: var(--soft); padding: 0.2rem 0; width: fit-content; max-width: 100%; overflow-wrap: anywhere; }
summary:hover { color: var(--ink); }
.scroll { overflow-x: auto; max-width: 100%; width: fit-content; margin: 0.25rem 0 1rem; }
table { border-collapse: collapse; font-size: 0.85rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
caption span { display: block; position: sticky; left: 0; max-width: min(44rem, 100vw - 2rem); }
caption { caption-side: top; text-align: left; color: var(--soft); padding: 0.25rem 0 0.5rem; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 1.1rem 0.35rem 0; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { font-weight: 600; vertical-align: bottom; border-bottom-color: var(--soft); }
.number { text-align: right; white-space: nowrap; }
@media screen and (max-width: 48rem) { th, td { white-space: nowrap; } }
@media screen and (min-width: 48rem) {
  main { padding: 3rem 2rem 6rem; }
  .answer { grid-template-columns: 1fr 1fr; }
  td:not(.number) { min-width: 9rem; }
}
@media screen and (min-width: 72rem) {
  main { padding: 3.5rem 3rem 6rem; }
  section { display: grid; grid-template-columns: 15rem minmax(0, 1fr); grid-template-rows: max-content 1fr; column-gap: 2.5rem; align-items: start; }
  section > :not(h2, .group) { grid-column: 2; }
  .group { display: contents; }
  .group > figcaption { grid-column: 1; margin-bottom: 2rem; }
  .group > .panels { grid-column: 2; margin-bottom: 2rem; }
  h2 + .group > .panels { grid-row: 1 / span 2; }
}
@page { margin: 16mm 14mm; }
@media print {
  body { font-size: 9.5pt; line-height: 1.45; }
  main { max-width: none; padding: 0; }
  nav, details { display: none; }
  section { margin-top: 1.6rem; }
  h2, h3, figcaption, .key, .scale, .group > figcaption { break-after: avoid; }
  .panel, tr, pre, .answer, .scroll, .group > figcaption { break-inside: avoid; }
  .panels { grid-template-columns: 1fr 1fr; gap: 1rem 4%; }
  .wide .chart { min-width: 0; }
  .lead { font-size: 12.5pt; }
  .scroll, pre { overflow: visible; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); }
  table { font-size: 8pt; }
  th, td { padding-right: 0.7rem; }
  a { color: inherit; text-decoration: none; }
}`
