// Writes the study's section of docs/fine-tuning.md from what has been run: npx jiti studies/fine-tuning/page.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { study } from 'evenstep'
import { arms, cells, looks, networks, type Outcome, type Plan, plansOf, steps, tasks } from './cells.ts'

const root = join(import.meta.dirname, '../..')
const [opening, closing] = ['<!-- statistics -->', '<!-- /statistics -->']

type Run = Plan & Outcome
type Cell = (typeof cells)[number]

/** Accuracies of a cell by seed. */
interface Found extends Cell {
  readonly frozen: readonly number[]
  readonly trained: readonly number[]
}

/** Reads the runs that are stored. */
const stored = (): Run[] =>
  readFileSync(join(import.meta.dirname, '../results/fine-tuning.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [plan, outcome] = JSON.parse(line) as [string, Outcome]
      return { ...(JSON.parse(plan) as Plan), ...outcome }
    })

/** Returns the last look of which all runs are stored. @throws {Error} when there is none */
function seedsOf(runs: readonly Run[]): number {
  const complete = looks.filter(
    (look) => runs.filter(({ seed }) => seed < look).length === look * plansOf(0).length,
  )
  if (complete.length > 0) return Math.max(...complete)
  throw new Error(`fine-tuning: wanted the runs of ${looks[0]} seeds, got ${runs.length} runs; run more`)
}

function foundIn(runs: readonly Run[], cell: Cell, seeds: number): Found {
  const { network, task, count } = cell
  const own = runs.filter((run) => run.network === network && run.task === task && run.count === count)
  const [frozen, trained] = arms.map((arm) =>
    Array.from({ length: seeds }, (_, seed) => {
      const run = own.find(({ statistics, seed: drawn }) => statistics === arm && drawn === seed)
      return 100 * run!.accuracy
    }),
  ) as [number[], number[]]
  return { ...cell, frozen, trained }
}

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const gains = ({ frozen, trained }: Found): number[] => trained.map((value, seed) => value - frozen[seed]!)
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`

/** Returns the mean of differences, its interval, and whether it is above 0. */
function judged(differences: readonly number[]): string {
  const { value, interval, verdict } = study.judge(differences, { above: 0 }, looks)
  return `${signed(value)} (${interval.map(signed).join(' to ')}): ${verdict}`
}

const row = (found: Found): string => {
  const { network, task, count, frozen, trained } = found
  const accuracies = [frozen, trained].map((values) => meanOf(values).toFixed(1))
  return `| ${[network, task, count, ...accuracies, judged(gains(found))].join(' | ')} |`
}

/** Returns, for each seed, how much more trained statistics gain with the most examples than with the fewest. */
function growth(found: readonly Found[], seeds: number): number[] {
  const pairs = Object.keys(networks).flatMap((network) =>
    Object.entries(tasks).map(([task, { counts }]) => {
      const own = found.filter((cell) => cell.network === network && cell.task === task)
      const [least, most] = [counts[0], counts.at(-1)].map((n) => own.find(({ count }) => count === n)!)
      return gains(most!).map((gain, seed) => gain - gains(least!)[seed]!)
    }),
  )
  return Array.from({ length: seeds }, (_, seed) => meanOf(pairs.map((pair) => pair[seed]!)))
}

/** Returns the section between the markers. */
export function section(runs: readonly Run[] = stored()): string {
  const seeds = seedsOf(runs)
  const found = cells.map((cell) => foundIn(runs, cell, seeds))
  const about = Object.entries(networks).map(([name, { about }]) => `the ${name} has ${about}`)
  return [
    `Accuracy in percent on 400 to 440 other examples after ${steps} steps with batches of 25, the body at 0.3 of the`,
    `head's rate; the same number of steps for few examples and for many; ${seeds} seeds, which draw the examples, their`,
    `order and the head. Of the networks, ${about[0]};`,
    `${about[1]}.`,
    'The last column is the mean of trained − frozen over seeds in points, with its 95 % interval for looks at',
    `${looks.join(' and ')} seeds, and whether it is above 0.`,
    '',
    '| network | task | examples | statistics frozen | trained | trained − frozen |',
    '| --- | --- | ---: | ---: | ---: | --- |',
    ...found.map(row),
    '',
    'The claim that trained statistics gain more with the most examples than with the fewest, over both networks and',
    `tasks, in points: ${judged(growth(found, seeds))}.`,
  ].join('\n')
}

if (process.argv[1]?.endsWith('page.ts')) {
  const path = join(root, 'docs/fine-tuning.md')
  const text = readFileSync(path, 'utf8')
  const [before, rest] = text.split(opening) as [string, string]
  const after = rest.slice(rest.indexOf(closing))
  writeFileSync(path, `${before}${opening}\n\n${section()}\n\n${after}`)
}
