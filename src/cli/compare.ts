import { Command } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { counted, figure } from '../core/text.ts'
import { type Difference, differingSettings, type RunGroup, runGroups } from '../pages/compared-settings.ts'
import { bestEpoch, type RunResults, readResults, sharedJudge, sharedNames } from '../pages/run-results.ts'
import type { Estimate } from '../study/analysis/findings.ts'
import { bootstrap, rangeOf } from '../study/analysis/statistics.ts'
import { isShare, scoreText } from '../study/analysis/words.ts'
import { jsonLine, type Output, terminal } from './output.ts'
import { alignedTable } from './table.ts'

/** `evenstep compare RUN RUN…`: lists the settings in which runs differ, and their results. */
export const compareCommand = (output: Output = terminal()): Command =>
  new Command('compare')
    .description(
      'compare runs: the settings that differ, and the results; runs that differ in seed alone are pooled',
    )
    .argument('<run...>', 'folders of two or more runs')
    .option('--json', 'print the comparison as JSON')
    .action((folders: string[], { json }: { readonly json?: true }) => {
      if (folders.length < 2)
        throw new ArgumentError(`compare: wanted two or more runs, got ${counted(folders.length, 'run')}`)
      const compared = compare(folders.map(readResults))
      output.write(json ? jsonLine(asJson(compared)) : report(compared, output.columns))
    })

/** Results of the runs of one group, by the names of the quantities: means over the seeds. */
interface Result {
  readonly last: Readonly<Record<string, Estimate>>
  /** Results of each run's best epoch. */
  readonly best: Readonly<Record<string, Estimate>>
}

interface Comparison {
  readonly groups: readonly RunGroup[]
  readonly differences: readonly Difference[]
  readonly results: readonly Result[]
  readonly judge: RunResults['judge']
}

function compare(runs: readonly RunResults[]): Comparison {
  const groups = runGroups(runs)
  const names = sharedNames(runs)
  const judge = sharedJudge(runs)
  const results = groups.map(({ runs: group }) => {
    // Runs of the same seed and settings are the same run twice.
    const all = [...new Map(group.map((run) => [seedOf(run), run])).values()]
    const estimates = (epochOf: (run: RunResults) => number): Record<string, Estimate> =>
      Object.fromEntries(
        names.map((name) => {
          const values = all.map((run) => run.epochs[epochOf(run)]![name]!)
          const seen = runs.flatMap(({ epochs }) => epochs.map((epoch) => epoch[name]!))
          return [name, bootstrap(values, rangeOf(name, seen))]
        }),
      )
    return {
      last: estimates(({ epochs }) => epochs.length - 1),
      best: estimates((run) => bestEpoch({ ...run, judge })),
    }
  })
  return { groups, differences: differingSettings(groups), results, judge }
}

const seedOf = ({ description }: RunResults): unknown => description.seed

function asJson({ groups, differences, results, judge }: Comparison): object {
  return {
    judge,
    groups: groups.map(({ label, runs }, i) => ({
      label,
      runs: runs.map(({ path, status, epochs, rates, ...run }) => ({
        path,
        status,
        seed: seedOf(run as RunResults),
        epochs: epochs.length,
        steps: rates.length,
      })),
      settings: Object.fromEntries(differences.map(({ name, values }) => [name, values[i]])),
      ...results[i]!,
    })),
  }
}

function report({ groups, differences, results, judge }: Comparison, columns: number): string {
  const runs = groups.flatMap(({ label, runs }) =>
    runs.map((run, i) => [i === 0 ? label : '', run.path, ended(run)]),
  )
  const settings = differences.flatMap(({ name, texts }) =>
    texts.map((text, i) => [i === 0 ? name : '', groups[i]!.label, text]),
  )
  const names = Object.keys(results[0]!.last)
  const values = names.flatMap((name) =>
    results.map(({ last, best }, i) => {
      return [i === 0 ? name : '', groups[i]!.label, estimate(last[name]!, name), estimate(best[name]!, name)]
    }),
  )
  const head = ['result', '', 'at the end', `at the best ${judge.name}`]
  const table = (rows: readonly (readonly string[])[]): string => alignedTable(rows, { columns, left: 4 })
  const pooled = results.some(({ last }) => names.some((name) => last[name]!.interval))
  return [
    table(runs),
    settings.length > 0 ? table([['setting', '', 'value'], ...settings]) : 'the runs differ in no setting\n',
    table([head, ...values]),
    ...(pooled ? ['means over seeds, with 95 % bootstrap intervals\n'] : []),
  ].join('\n')
}

function ended({ status, epochs, rates }: RunResults): string {
  const length = `${counted(epochs.length, 'epoch')}, ${counted(rates.length, 'step')}`
  return status === 'ended' ? length : `${length}, ${status === 'diverged' ? 'then diverged' : 'not ended'}`
}

function estimate({ value, interval }: Estimate, name: string): string {
  if (interval === undefined) return scoreText(value, name)
  const end = (x: number): string => (isShare(name) ? (100 * x).toFixed(2) : figure(x, 4))
  return `${scoreText(value, name)} (${interval.map(end).join(' to ')})`
}
