import { type Cell, norms, schedules } from './cell.ts'
import { meanOver, type Result } from './findings.ts'
import { colors, dot, line, logScale, logTicks, picture, text } from './svg.ts'

const [top, bottom] = [50, 250]

/** Test loss against the rate, and of each arm at its chosen rate: a dot for each seed. */
export function cellPicture(cell: Cell, { arms, windows }: Result): string {
  const losses = arms.flatMap(({ outcomes }) =>
    [...outcomes.values()].flatMap(({ test }) => test?.loss ?? []),
  )
  const [least, most] = [0.97 * Math.min(...losses), 1.03 * Math.max(...losses)]
  const y = logScale([least, most], [bottom, top])
  const ticks = logTicks(least, most).flatMap((tick) => [
    line(
      [
        [60, y(tick)],
        [380, y(tick)],
      ],
      '#ddd',
    ),
    line(
      [
        [430, y(tick)],
        [790, y(tick)],
      ],
      '#ddd',
    ),
    text(52, y(tick) + 4, String(tick), 'end'),
  ])
  const legend = norms.map((norm, i) =>
    text(560 + 80 * i, 20, norm, 'start', ` fill="${colors[norm]}" font-weight="bold"`),
  )
  const title = `${cell.field}, ${cell.kind}: test loss`
  return picture(800, 300, title, [
    text(60, 20, title, 'start', ' font-size="15"'),
    ...legend,
    ...ticks,
    ...(windows ? ratesOf(windows, y) : [text(70, 70, 'the rates have not all run')]),
    ...armsOf(arms, y),
  ])
}

type Scale = (value: number) => number

/** Left: the mean over seeds at each rate, with the linear schedule; losses beyond the scale lie on its edge. */
function ratesOf(windows: NonNullable<Result['windows']>, y: Scale): string[] {
  const all = windows.flatMap(({ points }) => points.map(({ lr }) => lr))
  const x = logScale([Math.min(...all), Math.max(...all)], [75, 365])
  const lines = windows.flatMap(({ norm, points }) => {
    const known = points.flatMap(({ lr, losses }) => {
      const finite = losses.filter((loss) => loss !== undefined)
      if (finite.length < losses.length) return []
      return [[x(lr), y(finite.reduce((sum, loss) => sum + loss, 0) / finite.length)] as const]
    })
    return [
      line(known, colors[norm], ' stroke-width="1.5"'),
      ...known.map(([cx, cy]) => dot(cx, cy, colors[norm])),
    ]
  })
  const ticks = [...new Set(all)].map((lr) => text(x(lr), 268, String(lr), 'middle'))
  return [...lines, ...ticks, text(220, 288, 'peak rate, linear schedule (without diverged rates)', 'middle')]
}

/** Right: each arm at its chosen rate, a ring for each seed and a dot for their mean. */
function armsOf(arms: Result['arms'], y: Scale): string[] {
  const x = (norm: number, schedule: number): number => 455 + 90 * schedule + 24 * norm
  const marks = arms.flatMap((arm) => {
    const [i, j] = [norms.indexOf(arm.norm), schedules.indexOf(arm.schedule)]
    const losses = [...arm.outcomes.values()].flatMap(({ test }) => test?.loss ?? [])
    if (losses.length === 0) return []
    const mean = meanOver(arm, ({ test }) => test!.loss)
    return [
      ...losses.map((loss) => dot(x(i, j), y(loss), colors[arm.norm], false)),
      dot(x(i, j), y(mean), colors[arm.norm]),
    ]
  })
  const names = schedules.map((schedule, j) => text(x(1, j), 268, schedule, 'middle'))
  return [...marks, ...names, text(610, 288, 'schedule, at its chosen rate', 'middle')]
}
