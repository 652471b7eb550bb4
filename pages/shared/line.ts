import uPlot from 'uplot'

/** Numbers of a curve; null where a value is missing. */
export type Numbers = ArrayLike<number | null>

/** A curve of a chart. */
export interface Line {
  readonly name: string
  readonly x: Numbers
  readonly y: Numbers
  /** Number of a series colour in theme.css, modulo 7. @default the line's place */
  readonly color?: number
  /** Dashes and gaps in pixels. @default a solid line */
  readonly dash?: readonly number[]
  /** Draws the line pale, as raw values behind their smoothed course. @default false */
  readonly faint?: boolean
  /** A band around the line, at the same x. */
  readonly band?: { readonly low: Numbers; readonly high: Numbers }
  /** Draws points only. @default false */
  readonly dots?: boolean
}

/**
 * Returns a chart's data: the values of x of all lines, in order, and for each line its values there, followed by the
 * edges of its band. Where another line has an x and this one has none, its value is undefined, over which it is drawn.
 *
 * @param isLog whether y is logarithmic, where values ≤ 0 are missing
 */
export function tableOf(lines: readonly Line[], isLog: boolean): uPlot.AlignedData {
  const drawn = isLog ? positive : plain
  const own = lines.map((line) => [plain(line.x), ...columnsIn(line).map(drawn)])
  const [first] = own
  if (first === undefined) return [[]]
  const isShared = lines.every(({ x }) => x === lines[0]!.x)
  const all = isShared ? [first[0], ...own.flatMap(([, ...columns]) => columns)] : undefined
  return (all ?? uPlot.join(own as unknown as uPlot.AlignedData[])) as uPlot.AlignedData
}

const columnsIn = ({ y, band }: Line): Numbers[] => [y, ...(band ? [band.low, band.high] : [])]

const plain = (values: Numbers): (number | null)[] =>
  Array.from({ length: values.length }, (_, i) => (Number.isFinite(values[i]) ? values[i]! : null))

const positive = (values: Numbers): (number | null)[] =>
  plain(values).map((value) => (value !== null && value > 0 ? value : null))
