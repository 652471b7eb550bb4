import { schedule } from 'evenstep'
import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { setting } from './lab.ts'

interface ScheduleDrawingProps {
  readonly label: string
  /** Share of the rate at each step; undefined while there is no schedule. */
  readonly curve: ((step: number) => number) | undefined
  readonly disabled: boolean
  /** Called with the text of the schedule that was drawn. */
  readonly onDraw: (text: string) => void
}

const [width, height] = [200, 64]
/** Number of points that a drawing has, from the first step to the last. */
const points = 21

/**
 * Shows a schedule as a curve, on which another can be drawn. With the keyboard, left and right choose one of 21 points,
 * up and down move it.
 */
export function ScheduleDrawing({ label, curve, disabled, onDraw }: ScheduleDrawingProps): JSX.Element {
  const { steps } = setting.value
  const [at, setAt] = useState(0)
  const drawn = useRef<number[]>(undefined)
  const last = useRef<number>(undefined)
  const shares = sharesOf(curve, steps, 200)
  const top = Math.max(1, ...shares)
  const begin = (): number[] => {
    drawn.current = sharesOf(curve, steps, points)
    return drawn.current
  }
  const put = (event: PointerEvent): void => {
    const box = (event.currentTarget as Element).getBoundingClientRect()
    const place = clamp((event.clientX - box.left) / box.width) * (points - 1)
    const share = Math.round(clamp(1 - (event.clientY - box.top) / box.height) * top * 100) / 100
    const all = drawn.current ?? begin()
    stroke(all, last.current ?? Math.round(place), Math.round(place), share)
    last.current = Math.round(place)
    onDraw(textOf(all))
  }
  const press = (event: KeyboardEvent): void => {
    const [along, up] =
      { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? []
    if (along === undefined || disabled) return
    event.preventDefault()
    setAt(Math.min(points - 1, Math.max(0, at + along)))
    if (up === 0) return
    const all = sharesOf(curve, steps, points)
    all[at] = Math.round(Math.max(0, all[at]! + 0.05 * up!) * 100) / 100
    onDraw(textOf(all))
  }
  const share = sharesOf(curve, steps, points)[at]!
  return (
    <div
      class="drawing"
      role="slider"
      tabIndex={disabled ? -1 : 0}
      aria-label={`${label}: left and right choose a point, up and down move it`}
      aria-valuemin={0}
      aria-valuemax={Math.round(100 * top)}
      aria-valuenow={Math.round(100 * share)}
      aria-valuetext={`${Math.round(100 * share)} % of the rate after ${Math.round((100 * at) / (points - 1))} % of the steps`}
      aria-disabled={disabled}
      onKeyDown={press}
      onPointerDown={(event) => {
        if (disabled) return
        event.currentTarget.setPointerCapture(event.pointerId)
        last.current = undefined
        begin()
        put(event)
      }}
      onPointerMove={(event) => {
        if (!disabled && event.buttons > 0 && drawn.current) put(event)
      }}
      onPointerUp={() => {
        drawn.current = undefined
      }}
    >
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        <path d={pathOf(shares, top)} vector-effect="non-scaling-stroke" />
        <path
          class="point"
          d={`M${(at / (points - 1)) * width},${yOf(share, top)}h0`}
          vector-effect="non-scaling-stroke"
        />
      </svg>
    </div>
  )
}

const clamp = (share: number): number => Math.min(1, Math.max(0, share))
const yOf = (share: number, top: number): number => height - 3 - (share / top) * (height - 6)

const pathOf = (shares: readonly number[], top: number): string =>
  `M${shares.map((share, i) => `${((i / (shares.length - 1)) * width).toFixed(1)},${yOf(share, top).toFixed(1)}`).join('L')}`

function sharesOf(curve: ((step: number) => number) | undefined, steps: number, count: number): number[] {
  const share = (i: number): number => {
    const value = curve?.(Math.min(steps - 1, Math.round((i / (count - 1)) * (steps - 1)))) ?? 0
    return Number.isFinite(value) ? Math.max(0, value) : 0
  }
  return Array.from({ length: count }, (_, i) => share(i))
}

/** Sets the values from one point to another. */
function stroke(all: number[], from: number, to: number, share: number): void {
  const start = all[from]!
  const count = Math.abs(to - from)
  for (let i = 0; i <= count; i++) {
    const place = from + Math.sign(to - from) * i
    all[place] = count === 0 ? share : Math.round((start + ((share - start) * i) / count) * 100) / 100
  }
}

/** Returns the text of straight lines through points at equal distances, without those that lie on the line. */
function textOf(all: readonly number[]): string {
  const isOnLine = (i: number): boolean =>
    i > 0 && i < all.length - 1 && Math.abs(all[i - 1]! + all[i + 1]! - 2 * all[i]!) < 1e-9
  const places = [...all.keys()].filter((i) => !isOnLine(i))
  const made = places.map(
    (i) => [`${(100 * i) / (all.length - 1)}%`, Math.round(all[i]! * 100) / 100] as const,
  )
  return schedule.format(schedule.piecewiseLinear(made as never))
}
