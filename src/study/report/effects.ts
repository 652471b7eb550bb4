import type { PlotOptions } from '@observablehq/plot'
import { count, percent } from '../../core/text.ts'
import type { Effect, Findings } from '../analysis/findings.ts'
import { rowChart } from './chart.ts'
import { lastRound } from './grid.ts'
import { interval, numeral } from './number.ts'
import { absent, type Plot, type Section, section, type Table, tableBlock } from './section.ts'
import { describeSettings, label, shorten } from './settings.ts'

const id = 'effects'
const title = 'What matters'

/** The share of the variance that each factor explains, and factors together. */
export function effectsSection(findings: Findings): Section {
  if (findings.effects.length === 0) return absent(id, title, 'the study has no two settings to compare')
  const shares = sharesOf(findings)
  const first = shares[0]!
  const figure = {
    type: 'figure',
    caption:
      `Share of the variance between combinations${roundOf(findings)} that a factor explains by itself (η²), and ` +
      'that factors explain together beyond what they explain apart.',
    reading: 'Hollow: factors together.',
    panels: [
      {
        title: 'Effect sizes',
        description: `Shares of variance: most by ${first.name}, ${percent(first.share, 1)}`,
        table: tableBlock(
          'Share of variance explained',
          1,
          ['factor', 'share'],
          shares.map(({ name, share }) => [name, percent(share, 1)]),
        ),
        draw: (plot: Plot) => bars(plot, shares),
      },
    ],
  } as const
  return section(id, title, figure, bestTable(findings))
}

interface Share {
  readonly name: string
  readonly share: number
  /** Whether several factors explain it together. */
  readonly together: boolean
}

const sharesOf = ({ effects, interactions }: Findings): readonly Share[] =>
  [
    ...effects.map(({ factor, share }) => ({ name: factor, share, together: false })),
    ...interactions.map(({ factors, share }) => ({ name: factors.join(' × '), share, together: true })),
  ].sort((a, b) => b.share - a.share)

function bars(plot: Plot, shares: readonly Share[]): PlotOptions {
  const place = { y: 'name', x: 'share' }
  const rows = rowChart(
    shares.map(({ name }) => name),
    (name) => shorten(name, 36),
  )
  const single = shares.filter(({ together }) => !together)
  const joint = shares.filter(({ together }) => together)
  const hollow = { fill: 'none', stroke: 'var(--series-1)', strokeWidth: 1.5, inset: 0.75, rx: 2 }
  return {
    ...rows,
    height: 20 + 24 * shares.length,
    marginRight: 52,
    marginTop: 6,
    marginBottom: 8,
    x: { axis: null, domain: [0, Math.max(...shares.map(({ share }) => share), 1e-9)] },
    y: { ...rows.y, padding: 0.35 },
    marks: [
      plot.barX(single, { ...place, fill: 'var(--series-1)', rx: 2 }),
      plot.barX(joint, { ...place, ...hollow }),
      plot.text(shares, {
        ...place,
        text: ({ share }: Share) => percent(share, 1),
        textAnchor: 'start',
        dx: 6,
        fontVariant: 'tabular-nums',
      }),
      plot.ruleX([0]),
    ],
  }
}

/** The round of a race that effects come from: the one that tried most. */
function roundOf(findings: Findings): string {
  const [first] = findings.cells
  return lastRound(findings) === 0 || first === undefined ? '' : ` in runs of ${count(first.steps)} steps`
}

function bestTable(findings: Findings): Table {
  const { effects, metric } = findings
  return tableBlock(
    `The best combination of each value${roundOf(findings)}, by ${metric.name}`,
    2,
    ['factor', 'value', metric.name, '95 % interval', 'reached with'],
    effects.flatMap((effect) => effect.best.map((best) => bestRow(effect, best))),
  )
}

function bestRow({ factor }: Effect, { value, score, settings }: Effect['best'][number]): readonly string[] {
  const others = describeSettings(settings, [factor])
  return [factor, label(value), numeral(score.value), interval(score), others]
}
