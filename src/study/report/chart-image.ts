import { visible } from '../../core/text.ts'
import type { Findings } from '../analysis/findings.ts'
import { type Draw, drawing, shorten } from './chart.ts'
import { palette } from './color.ts'
import { escapeHtml } from './escape.ts'
import type { Figure, Line, Panel, Section } from './section.ts'
import { sectionsOf } from './sections.ts'
import { colors } from './style.ts'

/** A chart of a report as an image that needs no style sheet: SVG text, and a file name without its ending. */
export interface ChartImage {
  readonly name: string
  readonly svg: string
}

/** Draws every chart of a study's report as an image of its own, with its title and legend, in the light colours. */
export async function chartImages(findings: Findings): Promise<readonly ChartImage[]> {
  const draw = await drawing()
  const { shown } = sectionsOf(findings)
  return shown.flatMap((section) => ofSection(section, draw))
}

function ofSection({ id, blocks }: Section, draw: Draw): ChartImage[] {
  const drawn = blocks
    .filter((block) => block.type === 'figure')
    .flatMap(({ key, panels }) => panels.map((panel) => ({ panel, key })))
  return drawn.map(({ panel, key }, i) => {
    const name = [id, ...(drawn.length > 1 ? [i + 1] : []), slug(panel.title)].join('-')
    return { name: name.replace(/-+$/, ''), svg: visible(image(panel, key, draw)) }
  })
}

/** Returns the Latin letters and digits of a title, with hyphens between words, for use in a file's name. */
const slug = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60)

/** Width of the margin around an image, in pixels. */
const margin = 12

/** One part of an image, stacked below the part before it. */
interface Part {
  readonly height: number
  readonly width: number
  /** SVG elements whose upper left corner is 0, 0. */
  readonly body: string
}

function image(panel: Panel, key: Figure['key'], draw: Draw): string {
  const chart = nested(draw(panel, 'chart', panel.title))
  const { title, subtitle } = panel
  const parts = [
    textLine(title, chart.width, 'font-size="14" font-weight="600"', 22),
    ...(subtitle ? [textLine(subtitle, chart.width, `fill="${colors.light.soft}"`, 17)] : []),
    ...legend(key, chart.width, draw),
    chart,
  ]
  const [width, height] = [
    Math.max(...parts.map((part) => part.width)),
    sum(parts.map((part) => part.height)),
  ]
  const tops = parts.map((_, i) => sum(parts.slice(0, i).map((part) => part.height)))
  const size = [width + 2 * margin, height + 2 * margin]
  const root = `xmlns="http://www.w3.org/2000/svg" width="${size[0]}" height="${size[1]}" viewBox="0 0 ${size.join(' ')}"`
  const style = `font-family="system-ui, sans-serif" font-size="11" fill="${colors.light.ink}" color="${colors.light.ink}"`
  return inColors(`<svg ${root} ${style}>
<rect width="${size[0]}" height="${size[1]}" fill="${colors.light.page}"/>
${parts.map(({ body }, i) => `<g transform="translate(${margin} ${margin + tops[i]!})">${body}</g>`).join('\n')}
</svg>
`)
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** Returns a chart as a part of an image. */
function nested(svg: string): Part {
  const [width, height] = ['width', 'height'].map((name) =>
    Number(new RegExp(` ${name}="([\\d.]+)"`).exec(svg)![1]),
  )
  return { width: width!, height: height!, body: svg }
}

function textLine(text: string, width: number, attributes: string, height: number): Part {
  const shown = escapeHtml(shorten(text, Math.floor(width / 6.2)))
  return { width, height, body: `<text y="${height - 8}" ${attributes}>${shown}</text>` }
}

/** Returns the parts of a legend: a scale of colours, or lines with their names, as many in a row as fit. */
function legend(key: Figure['key'], width: number, draw: Draw): Part[] {
  if (key === undefined) return []
  if ('draw' in key) return [nested(draw(key, 'key'))]
  const entries = key.map((line) => ({ line, width: 42 + 6.2 * line.name.length }))
  const rows: (typeof entries)[] = []
  for (const entry of entries) {
    const row = rows.at(-1)
    if (row && sum(row.map((one) => one.width)) + entry.width <= width) row.push(entry)
    else rows.push([entry])
  }
  return rows.map((row) => ({
    width,
    height: 18,
    body: row.map(({ line }, i) => legendEntry(line, sum(row.slice(0, i).map((one) => one.width)))).join(''),
  }))
}

const legendEntry = ({ name, color, dash }: Line, x: number): string =>
  `<line x1="${x}" x2="${x + 26}" y1="6" y2="6" stroke="${color}" stroke-width="2.5" stroke-dasharray="${dash}"/>` +
  `<text x="${x + 31}" y="10">${escapeHtml(name)}</text>`

/** Replaces the page's variables by the colours of its light scheme: programs other than browsers know no variables. */
const inColors = (svg: string): string =>
  svg
    .replace(/var\(--series-(\d)\)/g, (_, i: string) => palette.light[Number(i)]!)
    .replace(
      /var\(--(page|ink|soft|line|panel|link)\)/g,
      (_, name: keyof typeof colors.light) => colors.light[name],
    )
    .replace(/var\(--plot-background\)/g, colors.light.page)
    .replace(/currentColor/gi, colors.light.ink)
