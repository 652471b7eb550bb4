import type { PlotOptions } from '@observablehq/plot'

/** The library that draws, handed in where it is needed: loading it takes a while, and text needs none of it. */
export type Plot = typeof import('@observablehq/plot')

/** A part of the report, as HTML and Markdown both show it. */
export interface Section {
  /** Of its heading, for links. */
  readonly id: string
  readonly title: string
  /** Empty when the findings have nothing for it: then `absent` says why. */
  readonly blocks: readonly Block[]
  readonly absent?: string
}

export type Block = Paragraph | Figure | Table | Code

export interface Paragraph {
  readonly type: 'paragraph'
  readonly text: string
}

export interface Code {
  readonly type: 'code'
  readonly title: string
  readonly language: 'sh' | 'json'
  readonly text: string
}

/** Numbers with names. Rows may be headed by more than one cell. */
export interface Table {
  readonly type: 'table'
  readonly caption: string
  readonly columns: readonly string[]
  /** How many cells head a row. */
  readonly heads: number
  readonly rows: readonly (readonly string[])[]
  /** Whether it is too long to be read through: folded up in HTML, left out of Markdown. */
  readonly long?: boolean
  /** Whether a chart's table is shown below it, not folded up. */
  readonly open?: boolean
}

/** Charts that are looked at together. */
export interface Figure {
  readonly type: 'figure'
  /** What the numbers are. */
  readonly caption: string
  /** How the drawing is read, which tables in its place need not say. */
  readonly reading: string
  /** What the lines' colours and dashes, or the scale's colours, stand for. */
  readonly key?: readonly Line[] | Chart
  readonly panels: readonly Panel[]
}

export interface Chart {
  /** In a sentence, what there is to see: read out in place of the drawing. */
  readonly description: string
  draw(plot: Plot): PlotOptions
}

/** A chart with its name and the numbers that it draws. */
export interface Panel extends Chart {
  readonly title: string
  /** What the title leaves open. */
  readonly note?: string
  readonly table: Table
}

/** How one series of numbers is told from the others: by colour and by dashes. */
export interface Line {
  readonly name: string
  readonly color: string
  readonly dash: string
}

export function section(id: string, title: string, ...blocks: Block[]): Section {
  return { id, title, blocks }
}

export function absent(id: string, title: string, why: string): Section {
  return { id, title, blocks: [], absent: why }
}

export function paragraph(text: string): Paragraph {
  return { type: 'paragraph', text }
}

export function tableBlock(
  caption: string,
  heads: number,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): Table {
  return { type: 'table', caption, columns, heads, rows }
}
