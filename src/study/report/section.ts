import type { PlotOptions } from '@observablehq/plot'

/** The drawing library, passed in where needed: it loads slowly, and text does not need it. */
export type Plot = typeof import('@observablehq/plot')

/** A section of the report, independent of HTML and Markdown. */
export interface Section {
  /** Anchor of the heading, for links. */
  readonly id: string
  readonly title: string
  readonly blocks: readonly Block[]
}

/** The blocks of a section, or the reason why the findings have none for it. */
export type Content = readonly Block[] | string

export type Block = Table | Figure | Code | { readonly type: 'paragraph'; readonly text: string }

export interface Code {
  readonly type: 'code'
  readonly title: string
  readonly language: 'sh' | 'json'
  readonly text: string
}

export interface Table {
  readonly type: 'table'
  readonly caption: string
  readonly columns: readonly string[]
  /** Number of leading cells of each row that are headings. */
  readonly heads: number
  readonly rows: readonly (readonly string[])[]
  /** Whether the table is too long to read through: collapsed in HTML, left out of Markdown. */
  readonly long?: boolean
  /** Whether the table of a chart is shown below the chart, rather than collapsed. */
  readonly open?: boolean
}

/** Charts that share a caption and a key. */
export interface Figure {
  readonly type: 'figure'
  /** Names the values that are shown. */
  readonly caption: string
  /** How to read the drawing; left out where tables replace charts. */
  readonly reading: string
  /** The meaning of the lines' colours and dashes, or of a colour scale. */
  readonly key?: readonly Line[] | Chart
  readonly panels: readonly Panel[]
}

export interface Chart {
  /** A sentence that screen readers read in place of the drawing. */
  readonly description: string
  draw(plot: Plot): PlotOptions
}

/** A chart with its title, and a table of the values that it shows. */
export interface Panel extends Chart {
  readonly title: string
  readonly subtitle?: string
  readonly table: Table
}

/** The name, colour and dashes of a series. */
export interface Line {
  readonly name: string
  readonly color: string
  readonly dash: string
}

export const tableBlock = (
  caption: string,
  heads: number,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): Table => ({ type: 'table', caption, columns, heads, rows })
