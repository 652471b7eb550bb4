import type { DriftOf, Findings } from '../analysis/findings.ts'
import { gridStyle, logAxis, logTicks, rowChart } from './chart.ts'
import { linesOf } from './color.ts'
import { numeral } from './number.ts'
import { type Chart, type Content, type Line, type Table, tableBlock } from './section.ts'
import { describeSettings, label, normalizationsOf } from './settings.ts'

/**
 * Makes the report section on drift: for each schedule, how far the running statistics of batch normalization
 * are from the statistics of the training data at the end of training.
 */
export function driftSection(findings: Findings): Content {
  const { drifts } = findings
  if (drifts.length === 0) return 'it was not measured (watch: true does), or no model has running statistics'
  const worst = drifts.reduce((a, b) => (b.kl > a.kl ? b : a))
  const lines = linesOf(drifts.map(kindOf), normalizationsOf(findings))
  const most = describeSettings(worst.settings, [], 'the one model')
  return [
    {
      type: 'figure',
      caption:
        'KL divergence in nats from the statistics of the training data to the running ones, of the worst layer ' +
        'at the end of training, and what evaluation loses by it.',
      reading:
        'What is far right on the logarithmic axis evaluates with the wrong statistics; what that costs is in the ' +
        'table.',
      key: lines.length > 1 ? lines : [],
      panels: [
        {
          title: `KL by ${drifts.some(({ settings }) => 'schedule' in settings) ? 'schedule' : 'settings'}`,
          description: `Drift of running statistics: most with ${most}, ${numeral(worst.kl, 3)} nats`,
          table: driftTable(drifts),
          draw: dots(drifts, lines),
        },
      ],
    },
  ]
}

/** Smallest KL divergence drawn, in nats; smaller ones are rounding errors that would stretch the log axis. */
const least = 1e-12

const kindOf = ({ settings }: DriftOf): string =>
  'normalization' in settings ? label(settings.normalization) : 'all runs'

const rowOf = ({ settings }: DriftOf): string =>
  'schedule' in settings
    ? label(settings.schedule)
    : describeSettings(settings, ['normalization'], 'all runs')

/** Returns a dot plot of KL divergences (drift): a row for each schedule, a colour for each normalization. */
function dots(drifts: readonly DriftOf[], lines: readonly Line[]): Chart['draw'] {
  const points = drifts
    .filter(({ kl }) => kl > least && Number.isFinite(kl))
    .map((one) => ({
      kl: one.kl,
      row: rowOf(one),
      color: lines.find(({ name }) => name === kindOf(one))!.color,
      title: `${describeSettings(one.settings)}\n${numeral(one.kl, 3)} nats`,
    }))
  const rows = [...new Set(drifts.map(rowOf))]
  const values = points.map(({ kl }) => kl)
  const domain = values.length > 0 ? ([Math.min(...values) / 2, Math.max(...values) * 2] as const) : undefined
  const ticks = domain ? logTicks(...domain) : 4
  const { options, rowHeight, labels } = rowChart(rows)
  return (plot) => ({
    ...options,
    height: 48 + rowHeight * rows.length,
    marginRight: 20,
    x: logAxis('KL (nats)', domain, ticks),
    marks: [
      plot.gridX(gridStyle(ticks)),
      plot.ruleY(rows, { stroke: 'var(--line)' }),
      ...labels(plot),
      plot.dot(points, { x: 'kl', y: 'row', r: 4.5, fill: 'color', title: 'title' }),
    ],
  })
}

const driftTable = (drifts: readonly DriftOf[]): Table =>
  tableBlock(
    'Drift, and validation loss with running statistics and with statistics measured anew',
    1,
    ['settings', 'KL (nats)', 'validation loss', 'measured anew', 'lost by drift'],
    drifts.map(({ settings, kl, validationLoss, recalibratedLoss }) => [
      describeSettings(settings, [], 'all runs'),
      numeral(kl, 3),
      numeral(validationLoss),
      numeral(recalibratedLoss),
      numeral(validationLoss - recalibratedLoss, 2),
    ]),
  )
