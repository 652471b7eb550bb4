import { count, percent } from '../../core/text.ts'
import type { Findings } from '../analysis/findings.ts'
import { rowChart } from './chart.ts'
import { lastRound } from './grid.ts'
import { interval, numeral } from './number.ts'
import { type Chart, type Content, type Table, tableBlock } from './section.ts'
import { describeSettings, label } from './settings.ts'

/**
 * Makes the report section on effect sizes: the share of the variance in score that is due to each factor (a
 * setting that the study varies) and to interactions of factors.
 */
export function effectsSection(findings: Findings): Content {
  if (findings.effects.length === 0) return 'the study has no two settings to compare'
  const shares = sharesOf(findings)
  const first = shares[0]!
  const rows = shares.map(({ name, share }) => [name, percent(share, 1)])
  return [
    {
      type: 'figure',
      caption:
        `Share of the variance between combinations${roundOf(findings)} that a factor explains by itself (η²), and ` +
        'that factors explain together beyond what they explain apart.',
      reading: 'Hollow: factors together.',
      panels: [
        {
          title: 'Effect sizes',
          description: `Shares of variance: most by ${first.name}, ${percent(first.share, 1)}`,
          table: tableBlock('Share of variance explained', 1, ['factor', 'share'], rows),
          draw: bars(shares),
        },
      ],
    },
    bestTable(findings),
  ]
}

/** Returns one list of the shares of variance that factors and interactions explain, largest first. */
const sharesOf = ({ effects, interactions }: Findings) =>
  [
    ...effects.map(({ factor, share }) => ({ name: factor, share, together: false })),
    ...interactions.map(({ factors, share }) => ({ name: factors.join(' × '), share, together: true })),
  ].sort((a, b) => b.share - a.share)

type Share = ReturnType<typeof sharesOf>[number]

/** Returns a bar chart of shares of variance: filled for a single factor, hollow for an interaction. */
function bars(shares: readonly Share[]): Chart['draw'] {
  const place = { y: 'name', x: 'share', rx: 2 }
  const names = shares.map(({ name }) => name)
  const { options, rowHeight, labels } = rowChart(names)
  const single = shares.filter(({ together }) => !together)
  const joint = shares.filter(({ together }) => together)
  const text = ({ share }: Share): string => percent(share, 1)
  return (plot) => ({
    ...options,
    height: 14 + rowHeight * shares.length,
    marginRight: 52,
    marginTop: 6,
    marginBottom: 8,
    x: { axis: null, domain: [0, Math.max(...shares.map(({ share }) => share), 1e-9)] },
    y: { padding: 0.35, ...options.y },
    marks: [
      plot.barX(single, { ...place, fill: 'var(--series-1)' }),
      plot.barX(joint, { ...place, fill: 'none', stroke: 'var(--series-1)', strokeWidth: 1.5, inset: 0.75 }),
      plot.text(shares, { ...place, text, textAnchor: 'start', dx: 6, fontVariant: 'tabular-nums' }),
      plot.ruleX([0]),
      ...labels(plot),
    ],
  })
}

/**
 * Returns the phrase ` in runs of N steps` for a race, whose effects are computed from its first round; otherwise ''.
 */
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
    effects.flatMap(({ factor, best }) =>
      best.map(({ value, score, settings }) => {
        const others = describeSettings(settings, [factor])
        return [factor, label(value), numeral(score.value), interval(score), others]
      }),
    ),
  )
}
