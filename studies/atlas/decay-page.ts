import { study } from 'evenstep'
import { mean, short } from '../support/numbers.ts'
import { table } from '../table.ts'
import {
  type DecayArm,
  type DecayResult,
  decayCells,
  decayNorms,
  decayResult,
  decaySchedules,
  decays,
  lengths,
} from './decay.ts'
import { count, listed, wrapped } from './words.ts'

const names = { none: 'none', batch: 'BN' } as const
const decayNames = { 0: 'no decay', 1: 'by the angle', 10: '10 × the angle’s' } as const

/** The section of docs/atlas.md on weight decay and length; every sentence is made from what was run. */
export async function decaySection(): Promise<string> {
  const found = (await Promise.all(decayCells.map(decayResult))).filter((one) => one !== undefined)
  return found.length === 0 ? '' : `${decayLines(found)}\n`
}

/** The section's paragraphs and tables. */
export const decayLines = (found: readonly DecayResult[]): string =>
  [
    '## Weight decay and length',
    wrapped(how(found)),
    lossTable(found),
    wrapped(
      'Ratios of test losses, paired by seed: geometric mean and 95 % interval. Bold ratios are shown to differ from 1 after Holm’s correction for all ratios of the cell.',
    ),
    effectTable(found),
    wrapped(verdicts(found)),
  ].join('\n\n')

function how(found: readonly DecayResult[]): string {
  const cells = listed(found.map(({ cell, seeds }) => `${cell.field}/${cell.kind} (${count(seeds, 'seed')})`))
  const seconds = found.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
  const runs = found.reduce((sum, { runs }) => sum + runs, 0)
  return (
    'With BN, weight decay λ acts as a schedule: in time, a step turns the weights before BN by an angle of √(2ηλ/(1 − μ)), ' +
    'whatever their size was; without decay, their growing norm lowers the effective rate by itself. Here λ is 0, that of ' +
    'an angle of 0.03 rad, or ten times that, on all weights but those of normalizations and biases; runs are of the ' +
    'cell’s length or four times as long; the rate is the one that the arm without decay chose at the cell’s length. ' +
    `Cells: ${cells}; ${count(runs, 'run')}, ${(seconds / 60).toFixed(1)} minutes of CPU time.`
  )
}

const cross = <A, B, C>(
  as: readonly A[],
  bs: readonly B[],
  cs: readonly C[],
): readonly (readonly [A, B, C])[] => as.flatMap((a) => bs.flatMap((b) => cs.map((c) => [a, b, c] as const)))

/** Mean test loss of each arm, and how many seeds diverged. */
const lossTable = (found: readonly DecayResult[]): string =>
  table(
    ['Test loss', 'Length', ...decays.map((decay) => decayNames[decay])],
    found.flatMap(({ cell, lossesOf }) =>
      cross(decayNorms, decaySchedules, lengths).map(([norm, schedule, length]) => [
        `${cell.field}/${cell.kind}, ${names[norm]}, ${schedule}`,
        `${length} ×`,
        ...decays.map((decay) => {
          const all = lossesOf({ norm, schedule, decay, length })
          const ended = all.filter((loss) => loss !== undefined)
          const lost = all.length - ended.length
          const loss = ended.length > 0 ? short(mean(ended)) : ''
          return lost > 0 ? `${loss} (${lost} diverged)` : loss
        }),
      ]),
    ),
  )

/** A ratio of two arms: logarithms over the seeds on which neither diverged, by cell. */
interface Row {
  readonly title: string
  readonly logs: ReadonlyMap<DecayResult, readonly number[]>
}

function ratio(found: readonly DecayResult[], title: string, a: DecayArm, b: DecayArm): Row {
  const logs = found.map((cell) => {
    const others = cell.lossesOf(b)
    const pairs = cell.lossesOf(a).map((loss, seed) => [loss, others[seed]] as const)
    return [cell, pairs.flatMap(([x, y]) => (x && y ? [Math.log(x / y)] : []))] as const
  })
  return { title, logs: new Map(logs) }
}

function rowsOf(found: readonly DecayResult[]): readonly Row[] {
  const decayed = cross(decayNorms, decaySchedules, lengths).flatMap(([norm, schedule, length]) =>
    ([1, 10] as const).map((decay) => {
      const title = `${names[norm]}, ${schedule}, ${length} ×: decay ${decayNames[decay]} to none`
      const arm = { norm, schedule, length }
      return ratio(found, title, { ...arm, decay }, { ...arm, decay: 0 })
    }),
  )
  const scheduled = cross(decayNorms, decays, lengths).map(([norm, decay, length]) => {
    const title = `${names[norm]}, ${decayNames[decay]}, ${length} ×: linear to constant`
    const arm = { norm, decay, length }
    return ratio(found, title, { ...arm, schedule: 'linear' }, { ...arm, schedule: 'constant' })
  })
  return [...decayed, ...scheduled]
}

/** What the seeds of a cell show of each row, after Holm's correction for all rows. */
function verdictsOf(cell: DecayResult, rows: readonly Row[]): readonly Judged[] {
  const all = rows.map(({ logs }) => {
    const values = logs.get(cell)!
    return values.length > 1 ? study.judge(values, { below: 0 }, [values.length]) : undefined
  })
  const corrected = study.holm(all.map((judged) => judged?.p ?? 1))
  return all.map((judged, i) => ({ judged, isShown: corrected[i]! <= 0.05 }))
}

interface Judged {
  /** Absent if fewer than two seeds have both runs. */
  readonly judged: study.Judgement | undefined
  readonly isShown: boolean
}

function shown({ judged, isShown }: Judged): string {
  if (judged === undefined) return ''
  const [low, high] = judged.interval.map((end) => short(Math.exp(end)))
  const text = `${short(Math.exp(judged.value))} (${low} to ${high})`
  return isShown ? `**${text}**` : text
}

function effectTable(found: readonly DecayResult[]): string {
  const rows = rowsOf(found)
  const columns = found.map((cell) => verdictsOf(cell, rows))
  return table(
    ['Ratio of test losses', ...found.map(({ cell }) => `${cell.field}/${cell.kind}`)],
    rows.map(({ title }, i) => [title, ...columns.map((column) => shown(column[i]!))]),
  )
}

function verdicts(found: readonly DecayResult[]): string {
  const rows = rowsOf(found)
  const all = found.flatMap((cell) => verdictsOf(cell, rows))
  const sure = all.filter(({ isShown }) => isShown)
  const lower = sure.filter(({ judged }) => judged!.value < 0).length
  return `Of the ${count(all.length, 'ratio')}, ${sure.length} ${sure.length === 1 ? 'is' : 'are'} shown to differ from 1, ${lower} of them below it.`
}
