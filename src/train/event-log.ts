import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TrainEvent } from './event.ts'
import type { Steps } from './steps.ts'

/** An event as JSON lines. A `steps` event becomes a `step` line for each step. */
export function toLines(event: TrainEvent): string {
  if (event.type !== 'steps') return `${JSON.stringify(event)}\n`
  const { epoch, step, losses, lrs, logs = {}, time } = event
  const others = (k: number): object =>
    Object.fromEntries(Object.entries(logs).map(([key, all]) => [key, all[k]]))
  return Array.from(
    losses,
    (loss, k) =>
      `${JSON.stringify({ type: 'step', epoch, step: step + k, loss, lr: lrs[k], ...others(k), time })}\n`,
  ).join('')
}

/**
 * What each optimizer step left in a run's log, in their order.
 *
 * @returns nothing where there is no log
 */
export function readSteps(path: string): Steps | undefined {
  const file = join(path, 'events.jsonl')
  if (!existsSync(file)) return undefined
  const lines = readFileSync(file, 'utf8').split('\n')
  const steps = lines.flatMap((line): Record<string, unknown>[] =>
    line.startsWith('{"type":"step"') ? [JSON.parse(line)] : [],
  )
  const all = (name: string): Float64Array =>
    Float64Array.from(steps, (step) => Number(step[name] ?? Number.NaN))
  const names = Object.keys(steps[0] ?? {}).filter((name) => !own.includes(name))
  return {
    losses: all('loss'),
    lrs: all('lr'),
    logs: Object.fromEntries(names.map((name) => [name, all(name)])),
  }
}

/** What the line of a step has besides its logs. */
const own: readonly string[] = ['type', 'epoch', 'step', 'loss', 'lr', 'time']
