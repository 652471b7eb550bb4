import { study } from 'evenstep'
import { mean, short } from '../support/numbers.ts'
import { table } from '../table.ts'
import {
  type FurtherResult,
  furtherCells,
  furtherPairs,
  furtherResult,
  type Pair,
  pairsOf,
} from './further.ts'
import type { Arm } from './race.ts'
import { count, listed, wrapped } from './words.ts'

const nameOf = ({ norm, schedule }: Arm): string => `${norm}, ${schedule}`

/** The section of docs/atlas.md on further schedules and normalizations, made from what was run; empty if nothing was. */
export async function furtherSection(): Promise<string> {
  const found = (await Promise.all(furtherCells.map(furtherResult))).filter((one) => one !== undefined)
  return found.length === 0 ? '' : `${furtherLines(found)}\n`
}

/** The section's paragraphs and table. */
export const furtherLines = (found: readonly FurtherResult[]): string =>
  [
    '## Further schedules and normalizations',
    wrapped(how(found)),
    pairTable(found),
    wrapped(verdicts(found)),
  ].join('\n\n')

function how(found: readonly FurtherResult[]): string {
  const cells = listed(found.map(({ cell, seeds }) => `${cell.field}/${cell.kind} (${count(seeds, 'seed')})`))
  const seconds = found.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
  const runs = found.reduce((sum, { runs }) => sum + runs, 0)
  return (
    'On the cells of MLPs, more schedules are compared with the linear decay, and more normalizations with BN, each at ' +
    'the rate that it chooses itself. All warm up over 5 % of the run; then cosine and rex decay to 0, wsd stays until ' +
    '80 % and falls linearly to 0, step divides the rate by 10 at 50 and 75 %. With skipInit, each hidden layer after ' +
    'the first is a residual branch that a learned factor multiplies, 0 at first; there is no normalization. On the ' +
    'cell of convolutions, standardized weights (`nn.StandardizedConv1d`) without a normalization of activations are ' +
    'compared with neither and with BN. Each entry ' +
    'has the test loss, its ratio to that of the other arm with a 95 % interval over paired seeds, and the rate; bold ' +
    `ratios are shown to differ from 1 after Holm’s correction for all ratios of the cell. Cells: ${cells}; ` +
    `${count(runs, 'run')}, ${(seconds / 60).toFixed(1)} minutes of CPU time.`
  )
}

interface Judged {
  /** Absent if fewer than two seeds have both runs. */
  readonly judged: study.Judgement | undefined
  readonly isShown: boolean
}

/** What the seeds of a cell show of each of its pairs, after Holm's correction for all of them. */
function judgedPairs({ cell, of, seeds }: FurtherResult): ReadonlyMap<Pair, Judged> {
  const pairs = pairsOf(cell)
  const all = pairs.map(({ arm, reference }) => {
    const [a, b] = [of(arm).outcomes, of(reference).outcomes]
    const logs = a.flatMap(({ test }, seed) => {
      const other = b[seed]?.test
      return test && other ? [Math.log(test.loss / other.loss)] : []
    })
    return logs.length > 1 ? study.judge(logs, { below: 0 }, [seeds], seeds - logs.length) : undefined
  })
  const corrected = study.holm(all.map((judged) => judged?.p ?? 1))
  return new Map(pairs.map((pair, i) => [pair, { judged: all[i], isShown: corrected[i]! <= 0.05 }]))
}

/** A pair in a cell; a dash where the cell does not compare it. */
function entry({ of }: FurtherResult, { arm }: Pair, found: Judged | undefined): string {
  if (found === undefined) return '–'
  const { judged, isShown } = found
  const { lr, outcomes } = of(arm)
  const losses = outcomes.flatMap(({ test }) => test?.loss ?? [])
  const lost = outcomes.length - losses.length
  const diverged = lost > 0 ? `, ${lost} diverged` : ''
  if (judged === undefined) return `rate ${lr}${diverged}`
  const [low, high] = judged.interval.map((end) => short(Math.exp(end)))
  const ratio = `${short(Math.exp(judged.value))} (${low} to ${high})`
  return `${short(mean(losses))}, ${isShown ? `**${ratio}**` : ratio}, ${lr}${diverged}`
}

function pairTable(found: readonly FurtherResult[]): string {
  const columns = found.map(judgedPairs)
  const pairs = furtherPairs.filter((pair) => columns.some((column) => column.has(pair)))
  return table(
    ['Arm / compared with', ...found.map(({ cell }) => `${cell.field}/${cell.kind}`)],
    pairs.map((pair) => [
      `${nameOf(pair.arm)} / ${nameOf(pair.reference)}`,
      ...found.map((cell, j) => entry(cell, pair, columns[j]!.get(pair))),
    ]),
  )
}

function verdicts(found: readonly FurtherResult[]): string {
  const judged = found.flatMap((cell) => [...judgedPairs(cell).values()])
  const sure = judged.filter(({ isShown }) => isShown)
  const lower = sure.filter(({ judged }) => judged!.value < 0).length
  return `Of the ${count(judged.length, 'ratio')}, ${sure.length} ${sure.length === 1 ? 'is' : 'are'} shown to differ from 1, ${lower} of them below it.`
}
