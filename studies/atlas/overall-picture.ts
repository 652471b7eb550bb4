import type { Together } from './findings.ts'
import { dot, line, logScale, picture, text } from './svg.ts'

const shown = ['batch', 'schedule-batch', 'schedule-none', 'plateau-batch'] as const
const titles = {
  batch: ['BN against none,', 'each tuned'],
  'schedule-batch': ['best schedule against', 'constant, with BN'],
  'schedule-none': ['best schedule against', 'constant, without'],
  'plateau-batch': ['plateau against the best', 'fixed one, with BN'],
} as const
const [left, width, gap] = [170, 165, 15]

/** For four questions, the ratio of test losses in each cell with its interval, and their mean with both intervals. */
export function overallPicture(all: readonly Together[]): string {
  const panels = shown.map((id) => all.find(({ question }) => question.id === id)!)
  const cells = [...new Set(panels.flatMap(({ effects }) => effects.map(({ cell }) => cell)))]
  const row = (i: number): number => 62 + 22 * i
  const end = row(cells.length)
  const names = cells.map(({ field, kind }, i) => text(left - 10, row(i) + 4, `${field}, ${kind}`, 'end'))
  const marks = panels.flatMap((panel, i) => {
    const from = left + (width + gap) * i
    const x = logScale([0.4, 2.5], [from, from + width])
    return [
      ...titles[shown[i]!].map((part, j) => text(from + width / 2, 18 + 16 * j, part, 'middle')),
      line(
        [
          [x(1), 44],
          [x(1), end + 14],
        ],
        '#999',
        ' stroke-dasharray="3 3"',
      ),
      ...[0.5, 1, 2].map((tick) => text(x(tick), end + 32, String(tick), 'middle')),
      ...panel.effects.flatMap(({ cell, effect: { judged } }) => {
        const [y, color] = [row(cells.indexOf(cell)), judged.verdict === 'not shown' ? '#777' : '#0072b2']
        return interval(x, judged.interval, judged.value, y, color)
      }),
      ...(panel.meta ? meanOf(panel.meta, x, end) : []),
    ]
  })
  return picture(left + 4 * (width + gap), end + 60, 'Ratios of test losses in the cells of the atlas', [
    ...names,
    text(left - 10, end + 4, 'mean', 'end', ' font-weight="bold"'),
    ...marks,
    text(
      left + 2 * (width + gap),
      end + 52,
      'ratio of test losses, below 1 the first is better; thick: mean; thin: another such cell',
      'middle',
    ),
  ])
}

type Scale = (value: number) => number

const interval = (
  x: Scale,
  [low, high]: readonly [number, number],
  value: number,
  y: number,
  color: string,
) => [
  line(
    [
      [x(Math.exp(low)), y],
      [x(Math.exp(high)), y],
    ],
    color,
  ),
  dot(x(Math.exp(value)), y, color),
]

const meanOf = (meta: NonNullable<Together['meta']>, x: Scale, y: number): string[] => {
  const [low, high] = meta.prediction.map((end) => x(Math.exp(end)))
  const [a, b] = meta.interval.map((end) => x(Math.exp(end)))
  return [
    line(
      [
        [low!, y],
        [high!, y],
      ],
      '#c64f00',
    ),
    line(
      [
        [a!, y],
        [b!, y],
      ],
      '#c64f00',
      ' stroke-width="5"',
    ),
    dot(x(Math.exp(meta.mean)), y, '#c64f00'),
  ]
}
