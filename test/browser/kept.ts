import * as evenstep from 'evenstep'
import type * as browser from '../../src/browser.ts'
import { type CloudSettings, clouds, toldBy } from './training.ts'

// Types are those of Node.js here, which has no `storage`.
const { storage, train } = evenstep as unknown as typeof browser

type Workers = { readonly Worker: new (url: string, options: object) => evenstep.train.WorkerLike }

/** Texts and bytes of a run's files, by path; bytes as lists of numbers, which a page can hand to its test. */
export async function filesOf(folder: string): Promise<Record<string, readonly number[]>> {
  const paths = ['run.json', 'events.jsonl', 'inference.json', 'inference.onnx', 'loss.onnx', 'model.json']
  const found: Record<string, readonly number[]> = {}
  for (const path of [...paths, 'model.safetensors', 'checkpoints/best.json']) {
    const bytes = await storage.read(folder, path)
    if (bytes) found[path] = [...bytes]
  }
  return found
}

let trained = 0
let waiting: Promise<void> | undefined
let go = (): void => {}

let heldFrom = 0

/** Makes runs of this page wait after their next event with at least so many steps, until `release`. */
export function hold(from: number): void {
  heldFrom = from
  waiting = new Promise((resolve) => {
    go = resolve
  })
}

export const release = (): void => go()

/** Waits until a run of this page has taken a number of steps. */
export async function until(steps: number): Promise<void> {
  while (trained < steps) await new Promise((resolve) => setTimeout(resolve, 2))
}

let worker: evenstep.train.WorkerLike | undefined

/** Trains in this page's worker, and keeps the run; returns the number of steps when the loop was left. */
export async function kept(
  folder: string,
  settings: CloudSettings,
  options: { readonly resume?: boolean; readonly until?: number } = {},
): Promise<number> {
  worker ??= new (globalThis as unknown as Workers).Worker('/worker.js', { type: 'module' })
  const { until = Number.POSITIVE_INFINITY, resume = false } = options
  let steps = 0
  for await (const event of train.inWorker(worker, settings, { folder, resume })) {
    steps = event.progress.steps
    trained = steps
    if (steps >= until) break
    if (steps >= heldFrom) await waiting
  }
  return steps
}

/** Opens a run without its experiment; returns what it tells. */
export const opened = async (folder: string, options?: evenstep.train.OpenOptions) =>
  toldBy(await train.open(folder, options))

/** Opens a run with its experiment; returns its loss on the validation data, and its first weights. */
export async function openedWith(folder: string, { device, ...settings }: CloudSettings) {
  const { evaluate, model } = await train.open(folder, { experiment: clouds(device, settings) })
  const [weight] = evenstep.nn.variables(model).values()
  return { ...(await evaluate()), weights: Array.from(weight!.data as Float32Array) }
}

export const { list, read, remove } = storage
