import type { PlotOptions } from '@observablehq/plot'
import type { DriftOf, Findings } from '../analysis/findings.ts'
import { linesOf } from './color.ts'
import { labelMargin } from './label-margin.ts'
import { logTicks } from './log-ticks.ts'
import { plain, significant } from './number.ts'
import { absent, type Line, type Plot, type Section, section, type Table, tableBlock } from './section.ts'
import { describeSettings, label, normalization, normalizationsOf, schedule, shorten } from './settings.ts'

const id = 'drift'
const title = 'Drift of running statistics'

/** How far running statistics are from those of the data at the end of training, by schedule. */
export function driftSection(findings: Findings): Section {
  const { drifts } = findings
  if (drifts.length === 0)
    return absent(id, title, 'it was not measured (watch: true does), or no model has running statistics')
  const worst = drifts.reduce((a, b) => (b.kl > a.kl ? b : a))
  const lines = linesOf(drifts.map(kindOf), normalizationsOf(findings))
  return section(id, title, {
    type: 'figure',
    caption:
      'KL divergence in nats from the statistics of the training data to the running ones, of the worst layer at the end of training, and what evaluation loses by it.',
    reading:
      'What is far right on the logarithmic axis evaluates with the wrong statistics; what that costs is in the table.',
    key: lines.length > 1 ? lines : [],
    panels: [
      {
        title: `KL by ${drifts.some(({ settings }) => schedule in settings) ? schedule : 'settings'}`,
        description: `Drift of running statistics: most with ${describeSettings(worst.settings) || 'the one model'}, ${significant(worst.kl, 3)} nats`,
        table: driftTable(drifts),
        draw: (plot) => dots(plot, drifts, lines),
      },
    ],
  })
}

/** What is smaller is rounding, and would stretch the axis. */
const least = 1e-12

function kindOf({ settings }: DriftOf): string {
  return normalization in settings ? label(settings[normalization]) : 'all runs'
}

function rowOf({ settings }: DriftOf): string {
  return schedule in settings
    ? label(settings[schedule])
    : describeSettings(settings, [normalization]) || 'all runs'
}

function dots(plot: Plot, drifts: readonly DriftOf[], lines: readonly Line[]): PlotOptions {
  const points = drifts
    .filter(({ kl }) => kl > least && Number.isFinite(kl))
    .map((one) => ({
      kl: one.kl,
      row: rowOf(one),
      color: lines.find(({ name }) => name === kindOf(one))!.color,
      title: `${describeSettings(one.settings)}\n${significant(one.kl, 3)} nats`,
    }))
  const rows = [...new Set(drifts.map(rowOf))]
  const values = points.map(({ kl }) => kl)
  const domain = [Math.min(...values) / 2, Math.max(...values) * 2] as const
  const ticks = values.length > 0 ? [...logTicks(...domain)] : 4
  return {
    width: 440,
    height: 52 + 22 * rows.length,
    marginLeft: labelMargin(rows.map((row) => shorten(row))),
    marginRight: 20,
    marginTop: 8,
    marginBottom: 40,
    x: {
      type: 'log',
      ...(values.length > 0 && { domain: [...domain] }),
      label: 'KL (nats)',
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks,
      tickFormat: plain,
    },
    y: { type: 'band', domain: rows, tickFormat: (row: string) => shorten(row), tickSize: 0, label: null },
    marks: [
      plot.gridX({ stroke: 'var(--line)', strokeOpacity: 1, ticks }),
      plot.ruleY(rows, { y: (row: string) => row, stroke: 'var(--line)' }),
      plot.dot(points, { x: 'kl', y: 'row', r: 4.5, fill: 'color', title: 'title' }),
    ],
  }
}

function driftTable(drifts: readonly DriftOf[]): Table {
  return tableBlock(
    'Drift, and validation loss with running statistics and with statistics measured anew',
    1,
    ['settings', 'KL (nats)', 'validation loss', 'measured anew', 'lost by drift'],
    drifts.map(({ settings, kl, validationLoss, recalibratedLoss }) => [
      describeSettings(settings) || 'all runs',
      significant(kl, 3),
      significant(validationLoss),
      significant(recalibratedLoss),
      significant(validationLoss - recalibratedLoss, 2),
    ]),
  )
}
