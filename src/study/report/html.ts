import { visible } from '../../core/text.ts'
import type { Findings } from '../analysis/findings.ts'
import { type Draw, drawing } from './chart.ts'
import { escapeHtml } from './escape.ts'
import type { Block, Code, Figure, Line, Panel, Section, Table } from './section.ts'
import { sectionsOf } from './sections.ts'
import { style } from './style.ts'
import { summaryOf } from './summary.ts'
import { tableHtml } from './table.ts'

/** Renders a study's findings as an HTML page that needs no network, no other file and no script. */
export async function html(findings: Findings): Promise<string> {
  const draw = await drawing()
  const { shown, absent } = sectionsOf(findings)
  const parts = [head(findings), contents(shown), ...shown.map((section) => sectionHtml(section, draw))]
  return visible(page(findings.name, [...parts, leftOut(absent)]))
}

/** Wraps HTML parts in a page with a security policy that forbids browsers to load or run anything. */
const page = (title: string, parts: readonly string[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
${style}
</style>
</head>
<body>
<main>
${parts.filter((part) => part !== '').join('\n\n')}
</main>
</body>
</html>
`

const head = (findings: Findings): string => `<header>
<h1>${escapeHtml(findings.name)}</h1>
<div class="answer">${findings.answer.map(sentenceHtml).join('\n')}</div>
<p class="summary">${escapeHtml(summaryOf(findings))}</p>
</header>`

/** Renders a sentence of the answer; the first, which says most, is larger than the rest. */
const sentenceHtml = (sentence: string, at: number): string =>
  `<p${at === 0 ? ' class="lead"' : ''}>${escapeHtml(sentence)}</p>`

function contents(shown: readonly Section[]): string {
  const links = shown.map(({ id, title }) => `<li><a href="#${id}">${escapeHtml(title)}</a></li>`)
  return `<nav aria-label="Contents"><ul>${links.join('')}</ul></nav>`
}

function sectionHtml({ id, title, blocks }: Section, draw: Draw): string {
  const body = blocks.map((block, i) => blockHtml(block, `${id}-${i}`, draw))
  return `<section aria-labelledby="${id}">
<h2 id="${id}">${escapeHtml(title)}</h2>
${body.join('\n')}
</section>`
}

function leftOut(absent: readonly string[]): string {
  if (absent.length === 0) return ''
  return `<section aria-labelledby="absent">
<h2 id="absent">Not shown</h2>
<ul>${absent.map((line) => `<li>${escapeHtml(line)}</li>`).join('\n')}</ul>
</section>`
}

function blockHtml(block: Block, id: string, draw: Draw): string {
  switch (block.type) {
    case 'paragraph':
      return `<p>${escapeHtml(block.text)}</p>`
    case 'code':
      return codeHtml(block)
    case 'table':
      return block.long ? folded(block.caption, block) : tableHtml(block)
    case 'figure':
      return figureHtml(block, id, draw)
  }
}

function codeHtml({ title, text }: Code): string {
  const name = escapeHtml(title)
  return `<h3>${name}</h3>
<pre tabindex="0" aria-label="${name}" role="group"><code>${escapeHtml(text)}</code></pre>`
}

function figureHtml({ caption, reading, key, panels }: Figure, id: string, draw: Draw): string {
  const drawn = panels.map((panel, i) => drawnOf(panel, `${id}-${i}`, draw))
  const open = panels.filter(({ table }) => table.open)
  const widest = Math.max(...drawn.map(({ width }) => width))
  return `<figure class="group">
<figcaption>
<p>${escapeHtml(`${caption} ${reading}`.trim())}</p>
${keyHtml(key, `${id}-key`, draw)}
</figcaption>
<div class="panels" style="--least: ${Math.round(0.93 * widest)}px">
${drawn.map(panelHtml).join('\n')}
${open.map(({ table }) => tableHtml(table)).join('\n')}
</div>
</figure>`
}

function keyHtml(key: Figure['key'], id: string, draw: Draw): string {
  if (key === undefined) return ''
  if ('draw' in key) return `<div class="scale">${draw(key, id)}</div>`
  return key.length === 0 ? '' : `<ul class="key">${key.map(keyLine).join('')}</ul>`
}

function keyLine({ name, color, dash }: Line): string {
  const line = `<line x1="1" x2="31" y1="5" y2="5" stroke="${color}" stroke-width="2.5" stroke-dasharray="${dash}"/>`
  return `<li><svg class="swatch" viewBox="0 0 32 10" width="32" height="10" aria-hidden="true">${line}</svg>${escapeHtml(name)}</li>`
}

/** A panel with its chart as SVG text, and the width in pixels at which the chart's texts are 11 px high. */
interface Drawn {
  readonly panel: Panel
  readonly svg: string
  readonly width: number
}

function drawnOf(panel: Panel, id: string, draw: Draw): Drawn {
  const svg = draw(panel, id, panel.title)
  return { panel, svg, width: Number(/ width="([\d.]+)"/.exec(svg)![1]) }
}

/** Greatest width in pixels of a chart whose texts a phone shows large enough; a wider one scrolls in a frame there. */
const mostNarrow = 400

function panelHtml({ panel, svg, width }: Drawn): string {
  const { title, subtitle, table } = panel
  const [name, small] = [escapeHtml(title), subtitle && `<br><small>${escapeHtml(subtitle)}</small>`]
  const frame = `<div class="scroll wide" role="group" aria-label="${name}" tabindex="0">${svg}</div>`
  return `<figure class="panel" style="--width: ${width}px">
<figcaption>${name}${small ?? ''}</figcaption>
${width > mostNarrow ? frame : svg}
${table.open ? '' : folded(`Data: ${title}`, table)}
</figure>`
}

const folded = (name: string, table: Table): string => `<details><summary>${escapeHtml(name)}</summary>
${tableHtml(table)}
</details>`
