import { useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import './chart.css'
import { dash, figure } from '../../src/core/text.ts'
import { type Line, tableOf } from './line.ts'
import { colorName, type Drawing, plotOptions, shapeOf } from './plot-options.ts'
import { colorChanges } from './theme.ts'

export interface ChartProps {
  /** Says what the chart shows: its caption. */
  readonly title: string
  readonly lines: readonly Line[]
  /** Whether y is logarithmic. @default false */
  readonly log?: boolean
  /** In pixels. @default 200 */
  readonly height?: number
  /** Key of the charts that share a cursor. */
  readonly sync?: string
  /** Part of x to show. @default from the least to the greatest x of the lines */
  readonly range?: readonly [number, number] | undefined
  /** Called with the part of x that the reader selects by dragging, or undefined after a double click or Escape. */
  readonly onZoom?: (range: readonly [number, number] | undefined) => void
  /** Name of x in the legend. @default 'step' */
  readonly xName?: string
  /** Formats values of y in the legend. */
  readonly format?: (value: number) => string
  /** Further controls beside the caption. */
  readonly children?: JSX.Element | undefined
}

/**
 * A chart of lines that can be updated many times a second. Its legend shows the values at the cursor, which also follows
 * the arrow keys, and hides lines.
 */
export function Chart(props: ChartProps): JSX.Element {
  const { title, lines, log = false, xName = 'step', format = (value) => figure(value, 4) } = props
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const shown = useMemo(() => lines.filter(({ name }) => !hidden.has(name)), [lines, hidden])
  const table = useMemo(() => tableOf(shown, log), [shown, log])
  const [index, setIndex] = useState<number | null>(null)
  const host = usePlot(props, shown, table, setIndex)
  const at = index !== null && index < table[0].length ? index : table[0].length - 1
  const textOf = (name: string): string => valueAt(shown, table, name, at, format)
  const only = lines.length === 1 ? `${textOf(lines[0]!.name)} at ` : ''
  const toggle = (name: string): void => {
    const next = new Set(hidden)
    if (!next.delete(name)) next.add(name)
    setHidden(next)
  }
  return (
    <figure class="chart">
      <figcaption>
        <span class="caption">{title}</span>
        <span class="soft at">{at >= 0 ? `${only}${xName} ${figure(table[0][at]!, 7)}` : ''}</span>
        {props.children}
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the cursor */}
      <section ref={host} class="plot" aria-label={`${title}: ${summary(lines)}`} tabIndex={0} />
      <Legend lines={lines} hidden={hidden} toggle={toggle} textOf={textOf} />
    </figure>
  )
}

interface LegendProps {
  readonly lines: readonly Line[]
  readonly hidden: ReadonlySet<string>
  readonly toggle: (name: string) => void
  readonly textOf: (name: string) => string
}

/** The names of the lines, with their values at the cursor. A click hides or shows a line. */
const Legend = ({ lines, hidden, toggle, textOf }: LegendProps): JSX.Element => (
  <ul class="legend" hidden={lines.length < 2}>
    {lines.map((line, place) => (
      <li key={line.name}>
        <button
          type="button"
          aria-pressed={!hidden.has(line.name)}
          aria-label={`show ${line.name}`}
          onClick={() => toggle(line.name)}
        >
          <span class="swatch" style={{ background: `var(${colorName(line, place)})` }} />
          {line.name}
        </button>
        <output>{textOf(line.name)}</output>
      </li>
    ))}
  </ul>
)

/** Draws the plot into the element of the returned reference, and again as lines, colours and widths change. */
function usePlot(
  props: ChartProps,
  shown: readonly Line[],
  table: uPlot.AlignedData,
  setIndex: (index: number | null) => void,
): { current: HTMLElement | null } {
  const { log = false, height = 200, sync, range } = props
  const host = useRef<HTMLElement>(null)
  const plot = useRef<uPlot>(undefined)
  const latest = useRef({ props, table, range })
  latest.current = { props, table, range }
  const changes = useColorChanges()
  // Colours by place must be those of all lines, hidden ones too.
  const colored = shown.map((line) => ({ ...line, color: line.color ?? props.lines.indexOf(line) }))
  const shape = shapeOf(colored, log, sync, height, changes)
  useEffect(() => {
    const element = host.current!
    const onZoom = (to: ChartProps['range']): void => latest.current.props.onZoom?.(to)
    const look = { lines: colored, isLog: log, sync, height, onZoom, onCursor: setIndex }
    const made = drawn(element, look, latest.current.table)
    plot.current = made
    zoom(made, latest.current.range)
    return attended(made, element, height, () => onZoom(undefined))
  }, [shape])
  const update = (): void => {
    const now = plot.current
    if (now === undefined || !isSeen.current) return
    if (now.data !== latest.current.table)
      now.setData(latest.current.table, latest.current.range === undefined)
    zoom(now, latest.current.range)
  }
  const isSeen = useSeen(host, update)
  useEffect(update, [table, range])
  return host
}

/** Returns whether an element is near what the reader sees. @param onSeen called when it comes into view */
function useSeen(host: { readonly current: HTMLElement | null }, onSeen: () => void): { current: boolean } {
  const isSeen = useRef(true)
  useEffect(() => {
    const look = ([entry]: readonly IntersectionObserverEntry[]): void => {
      const before = isSeen.current
      isSeen.current = entry!.isIntersecting
      if (isSeen.current && !before) onSeen()
    }
    const observer = new IntersectionObserver(look, { rootMargin: '100px' })
    observer.observe(host.current!)
    return () => observer.disconnect()
  }, [])
  return isSeen
}

/** Draws a plot into an element, as wide as that and in its colours. */
const drawn = (
  element: HTMLElement,
  look: Omit<Drawing, 'width' | 'colorOf'>,
  table: uPlot.AlignedData,
): uPlot => {
  const colorOf = (name: string): string => colorIn(element, name)
  return new uPlot(plotOptions({ ...look, width: element.clientWidth, colorOf }), table, element)
}

/** Returns a number that changes when the colours of the page do. */
function useColorChanges(): number {
  const [changes, setChanges] = useState(0)
  useSignalEffect(() => setChanges(colorChanges.value))
  return changes
}

/** Resizes a plot with its element, and moves its cursor by keys. @returns a function that ends that, and the plot */
function attended(plot: uPlot, element: HTMLElement, height: number, all: () => void): () => void {
  const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }))
  resized.observe(element)
  const onKey = (event: KeyboardEvent): void => press(plot, event, all)
  element.addEventListener('keydown', onKey)
  return () => {
    element.removeEventListener('keydown', onKey)
    resized.disconnect()
    plot.destroy()
  }
}

/** Shows a part of x; all of it for undefined. */
function zoom(plot: uPlot, range: readonly [number, number] | undefined): void {
  const x = plot.data[0]
  const [min, max] = range ?? [x[0], x.at(-1)]
  if (min === undefined || max === undefined) return
  plot.setScale('x', { min, max: max > min ? max : min + 1 })
}

/** Moves the cursor by arrow keys; Escape shows all of x. */
function press(plot: uPlot, event: KeyboardEvent, all: () => void): void {
  if (event.key === 'Escape') all()
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
  if (by === undefined) return
  event.preventDefault()
  const last = plot.data[0].length - 1
  const far = event.shiftKey ? Math.max(1, Math.round(last / 20)) : 1
  const index = Math.min(last, Math.max(0, (plot.cursor.idx ?? (by < 0 ? last + 1 : -1)) + by * far))
  plot.setCursor({ left: plot.valToPos(plot.data[0][index]!, 'x'), top: plot.bbox.height / 4 })
}

/** Returns a colour of the page as it is in effect in an element. */
function colorIn(element: HTMLElement, name: string): string {
  const probe = element.appendChild(document.createElement('span'))
  probe.style.color = `var(${name})`
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

/** Returns what a line shows at an index of the table: its value there or, between its own, the last one before. */
function valueAt(
  shown: readonly Line[],
  table: uPlot.AlignedData,
  name: string,
  index: number,
  format: (value: number) => string,
): string {
  let column = 1
  for (const line of shown) {
    if (line.name === name) {
      const values = table[column]!
      for (let i = index; i >= 0; i--) if (values[i] != null) return format(values[i]!)
      return dash
    }
    column += line.band ? 3 : 1
  }
  return ''
}

/** Says in words what a chart shows, for who does not see it. */
function summary(lines: readonly Line[]): string {
  const texts = lines.map(({ name, y }) => {
    const known = Array.from(y).filter((value): value is number => Number.isFinite(value))
    if (known.length === 0) return `${name} has no values yet`
    return `${name} from ${figure(known[0]!)} to ${figure(known.at(-1)!)}`
  })
  return texts.slice(0, 12).join('; ')
}
