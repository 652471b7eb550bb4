import { study } from 'evenstep'
import { mean, short } from '../support/numbers.ts'
import { table } from '../table.ts'
import { type FurtherResult, furtherCells, furtherPairs, furtherResult, type Pair } from './further.ts'
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
    'the first is a residual branch that a learned factor multiplies, 0 at first; there is no normalization. Each entry ' +
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

/** What the seeds of a cell show of each pair, after Holm's correction for all of them. */
function judgedPairs({ of, seeds }: FurtherResult): readonly Judged[] {
  const all = furtherPairs.map(({ arm, reference }) => {
    const [a, b] = [of(arm).outcomes, of(reference).outcomes]
    const logs = a.flatMap(({ test }, seed) => {
      const other = b[seed]?.test
      return test && other ? [Math.log(test.loss / other.loss)] : []
    })
    return logs.length > 1 ? study.judge(logs, { below: 0 }, [seeds], seeds - logs.length) : undefined
  })
  const corrected = study.holm(all.map((judged) => judged?.p ?? 1))
  return all.map((judged, i) => ({ judged, isShown: corrected[i]! <= 0.05 }))
}

function entry({ of }: FurtherResult, { arm }: Pair, { judged, isShown }: Judged): string {
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
  return table(
    ['Arm / compared with', ...found.map(({ cell }) => `${cell.field}/${cell.kind}`)],
    furtherPairs.map((pair, i) => [
      `${nameOf(pair.arm)} / ${nameOf(pair.reference)}`,
      ...found.map((cell, j) => entry(cell, pair, columns[j]![i]!)),
    ]),
  )
}

function verdicts(found: readonly FurtherResult[]): string {
  const sure = found.flatMap(judgedPairs).filter(({ isShown }) => isShown)
  const lower = sure.filter(({ judged }) => judged!.value < 0).length
  const all = found.length * furtherPairs.length
  return `Of the ${count(all, 'ratio')}, ${sure.length} ${sure.length === 1 ? 'is' : 'are'} shown to differ from 1, ${lower} of them below it.`
}
