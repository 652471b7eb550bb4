import type { PlotOptions } from '@observablehq/plot'

/** The drawing library, passed in where needed: it is slow to load, and text does not need it. */
export type Plot = typeof import('@observablehq/plot')

/** A part of the report, independent of HTML and Markdown. */
export interface Section {
  /** The heading's anchor, for links. */
  readonly id: string
  readonly title: string
  /** Empty if the findings have nothing for it; then `absent` says why. */
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

/** A table; rows may have more than one head cell. */
export interface Table {
  readonly type: 'table'
  readonly caption: string
  readonly columns: readonly string[]
  /** Number of head cells of a row. */
  readonly heads: number
  readonly rows: readonly (readonly string[])[]
  /** Whether it is too long to read through: collapsed in HTML, left out of Markdown. */
  readonly long?: boolean
  /** Whether a chart's table is shown below it, not collapsed. */
  readonly open?: boolean
}

/** Charts that belong together. */
export interface Figure {
  readonly type: 'figure'
  /** Says what the numbers are. */
  readonly caption: string
  /** Says how to read the drawing; left out where tables replace it. */
  readonly reading: string
  /** The meaning of the lines' colours and dashes, or of the scale's colours. */
  readonly key?: readonly Line[] | Chart
  readonly panels: readonly Panel[]
}

export interface Chart {
  /** A sentence that screen readers read in place of the drawing. */
  readonly description: string
  draw(plot: Plot): PlotOptions
}

/** A chart with its title and its numbers. */
export interface Panel extends Chart {
  readonly title: string
  /** A subtitle. */
  readonly note?: string
  readonly table: Table
}

/** The name, colour and dashes of a series. */
export interface Line {
  readonly name: string
  readonly color: string
  readonly dash: string
}

export const section = (id: string, title: string, ...blocks: Block[]): Section => ({ id, title, blocks })

export const absent = (id: string, title: string, why: string): Section => ({
  id,
  title,
  blocks: [],
  absent: why,
})

export const paragraph = (text: string): Paragraph => ({ type: 'paragraph', text })

export const tableBlock = (
  caption: string,
  heads: number,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): Table => ({ type: 'table', caption, columns, heads, rows })
