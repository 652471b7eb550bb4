import { join } from '#files'
import { writeWhole } from '../disk/whole-file.ts'
import { adoptThreads } from '../runtime/race.ts'
import { readDescription } from './description.ts'
import type { Task } from './task.ts'

// run.json keeps, as `timedThreads`, the numbers of threads that timing chose for the graphs of a run's training steps,
// by hash of the graph. A resumed run computes with these from its first step.

/** Adopts the numbers of threads in a run's description. Ignores what is not a positive integer. */
export function adoptRunThreads({ timedThreads }: Readonly<Record<string, unknown>>): void {
  const isCount = ([, threads]: readonly [string, unknown]): boolean =>
    Number.isInteger(threads) && Number(threads) > 0
  adoptThreads(
    Object.fromEntries(Object.entries(Object(timedThreads)).filter(isCount)) as Record<string, number>,
  )
}

/** Adds the numbers of threads that timing chose for a task's graphs to the `run.json` of a folder, if they are new. */
export function keepRunThreads(folder: string, task: Task): void {
  const timed = Object.entries(task.timedThreads)
  if (timed.length === 0) return
  const description = readDescription(folder)
  const kept = Object(description.timedThreads) as Record<string, unknown>
  if (timed.every(([graph, threads]) => kept[graph] === threads)) return
  const changed = { ...description, timedThreads: { ...kept, ...task.timedThreads } }
  writeWhole(join(folder, 'run.json'), `${JSON.stringify(changed, null, 2)}\n`)
}
