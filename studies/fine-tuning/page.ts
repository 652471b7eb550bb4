// Writes the study's section of docs/fine-tuning.md from what has been run: npx jiti studies/fine-tuning/page.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { study } from 'evenstep'
import { arms, counts, networks, type Outcome, type Plan, steps, tasks } from './cells.ts'

const root = join(import.meta.dirname, '../..')
const [opening, closing] = ['<!-- statistics -->', '<!-- /statistics -->']

type Run = Plan & Outcome

/** Reads the runs that are stored. */
const stored = (): Run[] =>
  readFileSync(join(import.meta.dirname, '../results/fine-tuning.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [plan, outcome] = JSON.parse(line) as [string, Outcome]
      return { ...(JSON.parse(plan) as Plan), ...outcome }
    })

const percent = (values: readonly number[]): string =>
  ((100 * values.reduce((a, b) => a + b, 0)) / values.length).toFixed(1)

/** Returns a row of the table; undefined of a cell without a seed that both arms have. */
function row(runs: readonly Run[], network: string, task: string, count: number): string | undefined {
  const cell = runs.filter((run) => run.network === network && run.task === task && run.count === count)
  const by = (arm: Plan['statistics']): Map<number, number> =>
    new Map(cell.filter(({ statistics }) => statistics === arm).map((run) => [run.seed, run.accuracy]))
  const [frozen, trained] = arms.map(by) as [Map<number, number>, Map<number, number>]
  const seeds = [...frozen.keys()].filter((seed) => trained.has(seed))
  if (seeds.length === 0) return undefined
  const [kept, learnt] = [frozen, trained].map((one) => seeds.map((seed) => one.get(seed)!)) as [
    number[],
    number[],
  ]
  const differences = seeds.map((_, i) => 100 * (learnt[i]! - kept[i]!))
  const cells = [network, task, count, percent(kept), percent(learnt), verdict(differences)]
  return `| ${cells.join(' | ')} |`
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`

function verdict(differences: readonly number[]): string {
  const mean = differences.reduce((a, b) => a + b, 0) / differences.length
  if (differences.length < 3) return `${signed(mean)}; not judged, ${differences.length} of 3 seeds`
  const { interval, says } = study.judge(differences, { above: 0 })
  return `${signed(mean)} (${interval.map(signed).join(' to ')}): ${says}`
}

/** Returns the section between the markers. */
export function section(runs: readonly Run[] = stored()): string {
  const rows = Object.keys(networks).flatMap((network) =>
    Object.keys(tasks).flatMap((task) => counts.map((count) => row(runs, network, task, count))),
  )
  const shown = rows.filter((one) => one !== undefined)
  const about = Object.entries(networks).map(([name, { about }]) => `the ${name} has ${about}`)
  return [
    `Accuracy in percent on 400 to 440 other examples after ${steps} steps with batches of 25, the body at 0.3 of the`,
    `head's rate; the same number of steps for few examples and for many. Of the networks, ${about.join('; ')}.`,
    'The last column is the mean of trained − frozen over seeds in points, with its interval, and whether it is above 0.',
    '',
    '| network | task | examples | statistics frozen | trained | trained − frozen |',
    '| --- | --- | ---: | ---: | ---: | --- |',
    ...shown,
  ].join('\n')
}

if (process.argv[1]?.endsWith('page.ts')) {
  const path = join(root, 'docs/fine-tuning.md')
  const text = readFileSync(path, 'utf8')
  const [before, rest] = text.split(opening) as [string, string]
  const after = rest.slice(rest.indexOf(closing))
  writeFileSync(path, `${before}${opening}\n\n${section()}\n\n${after}`)
}
