import { schedule } from 'evenstep'
import type { JSX, TargetedPointerEvent } from 'preact'
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
/** Number of points by which a curve is shown. */
const fine = 200

/**
 * Shows a schedule as a curve, on which another can be drawn. With the keyboard, left and right choose one of 21 points,
 * up and down move it.
 */
export function ScheduleDrawing({ label, curve, disabled, onDraw }: ScheduleDrawingProps): JSX.Element {
  const { steps } = setting.value
  const [at, setAt] = useState(0)
  const all = sharesOf(curve, steps, points)
  const top = Math.max(1, ...sharesOf(curve, steps, fine))
  const draw = (values: readonly number[]): void => {
    if (!disabled) onDraw(textOf(values))
  }
  const pointer = usePointer(all, top, draw)
  const press = (event: KeyboardEvent): void => {
    const [along, up] = moves[event.key] ?? [0, 0]
    if (along === 0 && up === 0) return
    event.preventDefault()
    setAt(Math.min(points - 1, Math.max(0, at + along)))
    if (up !== 0) draw(all.map((share, i) => (i === at ? rounded(Math.max(0, share + 0.05 * up)) : share)))
  }
  const percent = Math.round(100 * all[at]!)
  return (
    <div
      class="drawing"
      role="slider"
      tabIndex={disabled ? -1 : 0}
      aria-label={`${label}: left and right choose a point, up and down move it`}
      aria-valuemin={0}
      aria-valuemax={Math.round(100 * top)}
      aria-valuenow={percent}
      aria-valuetext={`${percent} % of the rate after ${Math.round((100 * at) / (points - 1))} % of the steps`}
      aria-disabled={disabled}
      onKeyDown={press}
      {...pointer}
    >
      <Drawn shares={sharesOf(curve, steps, fine)} top={top} at={at / (points - 1)} share={all[at]!} />
    </div>
  )
}

const moves: Readonly<Record<string, readonly [along: number, up: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
}

interface DrawnProps {
  readonly shares: readonly number[]
  readonly top: number
  /** Place of the chosen point, from 0 to 1. */
  readonly at: number
  readonly share: number
}

function Drawn({ shares, top, at, share }: DrawnProps): JSX.Element {
  return (
    <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={pathOf(shares, top)} vector-effect="non-scaling-stroke" />
      <path class="point" d={`M${at * width},${yOf(share, top)}h0`} vector-effect="non-scaling-stroke" />
    </svg>
  )
}

type Handlers = Readonly<
  Record<
    'onPointerDown' | 'onPointerMove' | 'onPointerUp',
    (event: TargetedPointerEvent<HTMLElement>) => void
  >
>

/** Returns what makes a pointer draw: each of its moves sets the points that it passes. */
function usePointer(all: readonly number[], top: number, draw: (all: readonly number[]) => void): Handlers {
  const drawn = useRef<{ readonly all: number[]; last: number | undefined }>(undefined)
  const put = (event: TargetedPointerEvent<HTMLElement>): void => {
    if (drawn.current === undefined) return
    const box = event.currentTarget.getBoundingClientRect()
    const place = Math.round(clamp((event.clientX - box.left) / box.width) * (points - 1))
    const share = rounded(clamp(1 - (event.clientY - box.top) / box.height) * top)
    stroke(drawn.current.all, drawn.current.last ?? place, place, share)
    drawn.current.last = place
    draw(drawn.current.all)
  }
  return {
    onPointerDown(event) {
      event.currentTarget.setPointerCapture(event.pointerId)
      drawn.current = { all: [...all], last: undefined }
      put(event)
    },
    onPointerMove: put,
    onPointerUp() {
      drawn.current = undefined
    },
  }
}

const rounded = (share: number): number => Math.round(100 * share) / 100
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
    all[place] = count === 0 ? share : rounded(start + ((share - start) * i) / count)
  }
}

/** Returns the text of straight lines through points at equal distances, without those that lie on the line. */
function textOf(all: readonly number[]): string {
  const isOnLine = (i: number): boolean =>
    i > 0 && i < all.length - 1 && Math.abs(all[i - 1]! + all[i + 1]! - 2 * all[i]!) < 1e-9
  const places = [...all.keys()].filter((i) => !isOnLine(i))
  const made = places.map((i) => [`${(100 * i) / (all.length - 1)}%`, rounded(all[i]!)] as const)
  return schedule.format(schedule.piecewiseLinear(made as never))
}
