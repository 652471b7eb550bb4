import { dash } from '../../core/text.ts'
import type { Cell, Findings } from '../analysis/findings.ts'
import { colorRamp } from './color.ts'
import { type Grid, gridsOf, isWhole, lastRound, longest, scoreOf } from './grid.ts'
import { colorScale, heatMap } from './heat-map.ts'
import { interval, numeral } from './number.ts'
import { cellTable, gridTable } from './score-table.ts'
import type { Content } from './section.ts'
import { describeSettings } from './settings.ts'

/** Makes the report section on scores: for each normalization, a heat map over learning rates and schedules. */
export function scoresSection(findings: Findings): Content {
  const { metric } = findings
  const cells = longest(findings.cells)
  if (cells.length === 0) return 'no combination was tried'
  const table = cellTable(findings)
  if (cells.length === 1) return [{ type: 'paragraph', text: alone(findings, cells[0]!) }, table]
  const values = cells.filter(isWhole).flatMap((cell) => scoreOf(cell) ?? [])
  const scale = colorRamp(values, metric.goal)
  const grids = gridsOf(findings)
  return [
    {
      type: 'figure',
      caption: captionOf(findings, grids[0]!),
      reading:
        'The best of each map is outlined. × marks combinations that diverged, with the number of their seeds that ' +
        'did; such ones have no colour. The colours are the same in all maps and finer near the best: they follow ' +
        'the square root of the distance to it.',
      ...(Number.isFinite(scale.best) && { key: colorScale(metric.name, scale) }),
      panels: grids.map((grid) => ({
        title: grid.name || 'All runs',
        description: descriptionOf(findings, grid),
        table: gridTable(findings, grid),
        draw: (plot) => heatMap(plot, grid, scale, lastRound(findings)),
      })),
    },
    table,
  ]
}

function alone({ metric }: Findings, cell: Cell): string {
  const range = cell.score?.interval ? ` (95 %: ${interval(cell.score)})` : ''
  const score = cell.score ? `${numeral(cell.score.value)}${range}` : dash
  const settings = describeSettings(cell.settings)
  return `One combination was tried${settings === '' ? '' : ` (${settings})`}: ${metric.name} ${score}.`
}

function captionOf({ metric, cells }: Findings, { x, y }: Grid): string {
  const rounds = new Set(longest(cells).map(({ rung }) => rung))
  const partial =
    'Where steps are given (in italics on the maps), runs were not in the last round of the race.'
  return [
    `Mean ${metric.name} over seeds by ${y === undefined ? x : `${x} and ${y}`}; ` +
      `${metric.goal === 'max' ? 'more' : 'less'} is better.`,
    ...(rounds.size > 1 ? [partial] : []),
    ...(cells.every((cell) => scoreOf(cell) === undefined) ? ['No run came to an end.'] : []),
  ].join(' ')
}

function descriptionOf({ metric }: Findings, { name, best }: Grid): string {
  const map = name || 'All runs'
  if (!best) return `${map}: of every combination a run diverged or failed`
  const where = describeSettings(best.settings, ['normalization'])
  return `${map}: best ${metric.name} ${numeral(scoreOf(best))} at ${where}`
}
