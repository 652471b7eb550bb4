import { dash } from '../../core/text.ts'
import type { Cell, Findings } from '../analysis/findings.ts'
import { colorRamp } from './color.ts'
import { type Grid, gridsOf, lastRound, longest, scoreOf } from './grid.ts'
import { colorScale, heatMap } from './heat-map.ts'
import { interval, numeral } from './number.ts'
import { cellTable, gridTable } from './score-table.ts'
import { absent, type Panel, paragraph, type Section, section } from './section.ts'
import { describeSettings, normalization } from './settings.ts'

const id = 'scores'
const title = 'Scores'

/** Scores by rate and schedule, a map for each normalization, all on one colour scale. */
export function scoresSection(findings: Findings): Section {
  const cells = longest(findings.cells)
  if (cells.length === 0) return absent(id, title, 'no combination was tried')
  if (cells.length === 1)
    return section(id, title, paragraph(alone(findings, cells[0]!)), cellTable(findings))
  const scale = colorRamp(
    cells.flatMap((cell) => scoreOf(cell) ?? []),
    findings.metric.goal,
  )
  const grids = gridsOf(findings)
  return section(
    id,
    title,
    {
      type: 'figure',
      caption: captionOf(findings, grids[0]!),
      reading:
        'The best of each map is outlined, among combinations that lost no seed; × marks those that diverged, ' +
        'with the number of their seeds that did. The colour is the same in all maps and finer near the best: ' +
        'the square root of the distance to it.',
      ...(Number.isFinite(scale.best) && { key: colorScale(findings.metric.name, scale) }),
      panels: grids.map(
        (grid): Panel => ({
          title: grid.name || 'All runs',
          description: descriptionOf(findings, grid),
          table: gridTable(findings, grid),
          draw: (plot) => heatMap(plot, grid, scale, lastRound(findings)),
        }),
      ),
    },
    cellTable(findings),
  )
}

function alone({ metric }: Findings, cell: Cell): string {
  const range = cell.score?.interval ? ` (95 %: ${interval(cell.score)})` : ''
  const score = cell.score ? `${numeral(cell.score.value)}${range}` : dash
  const settings = describeSettings(cell.settings)
  return `One combination was tried${settings === '' ? '' : ` (${settings})`}: ${metric.name} ${score}.`
}

function captionOf({ metric, cells }: Findings, { x, y }: Grid): string {
  const rounds = new Set(longest(cells).map(({ rung }) => rung))
  return [
    `Mean ${metric.name} over seeds by ${y === undefined ? x : `${x} and ${y}`}; ` +
      `${metric.goal === 'max' ? 'more' : 'less'} is better.`,
    ...(rounds.size > 1
      ? ['Where steps are given (in italics on the maps), runs were not in the last round of the race.']
      : []),
    ...(cells.every((cell) => scoreOf(cell) === undefined) ? ['No run came to an end.'] : []),
  ].join(' ')
}

function descriptionOf({ metric }: Findings, { name, best }: Grid): string {
  const where = best && describeSettings(best.settings, [normalization])
  return best
    ? `${name || 'All runs'}: best ${metric.name} ${numeral(scoreOf(best))} at ${where}`
    : `${name || 'All runs'}: of every combination a run diverged or failed`
}
