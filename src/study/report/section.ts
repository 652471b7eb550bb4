import type { PlotOptions } from '@observablehq/plot'

/** The module Observable Plot, passed to drawing functions: it loads slowly, so only charts import it. */
export type Plot = typeof import('@observablehq/plot')

/** A section of a study's report, which can be rendered as HTML or Markdown. */
export interface Section {
  /** HTML id of the section's heading, to which links can point. */
  readonly id: string
  readonly title: string
  readonly blocks: readonly Block[]
}

/**
 * The blocks of a section, or a sentence that says why the study has nothing to show in this section; no blocks, if that
 * need not be said.
 */
export type Content = readonly Block[] | string

export type Block = Table | Figure | Code | { readonly type: 'paragraph'; readonly text: string }

export interface Code {
  readonly type: 'code'
  readonly title: string
  readonly language: 'sh' | 'json' | 'bibtex'
  readonly text: string
}

export interface Table {
  readonly type: 'table'
  readonly caption: string
  readonly columns: readonly string[]
  /** Number of leading columns whose cells are row headings. */
  readonly heads: number
  readonly rows: readonly (readonly string[])[]
  /** Whether the table is too long to read: then HTML shows it collapsed, and Markdown leaves it out. */
  readonly long?: boolean
  /** For a table below a chart: whether it is initially open. Otherwise it is collapsed until clicked. */
  readonly open?: boolean
}

/** One or more charts (`panels`) under a common caption and legend (`key`). */
export interface Figure {
  readonly type: 'figure'
  /** A text that says which values the charts show. */
  readonly caption: string
  /** A text on how to read the charts; left out of Markdown, where tables replace charts. */
  readonly reading: string
  /** The legend: names of lines with colours and dashes, or a chart of a colour scale. */
  readonly key?: readonly Line[] | Chart
  readonly panels: readonly Panel[]
}

export interface Chart {
  /** A sentence that screen readers read aloud in place of the drawing. */
  readonly description: string
  draw(plot: Plot): PlotOptions
}

/** A chart with a title and a table of the values that it shows. */
export interface Panel extends Chart {
  readonly title: string
  readonly subtitle?: string
  readonly table: Table
}

/** Style of a series (a line or dots) in a chart: its name, its CSS colour and its SVG dash pattern. */
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
