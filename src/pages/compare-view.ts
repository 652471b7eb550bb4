import { logFile } from '../train/event-log.ts'
import { differingSettings, type RunGroup, runGroups } from './compared-settings.ts'
import { describedIn, stampOf } from './described.ts'
import { curveAt, m4, meansOver, shortened } from './downsample.ts'
import type { Found } from './found.ts'
import { glanceAt } from './glance.ts'
import type { OpenLogs } from './open-logs.ts'
import { bestEpoch, judgeOf, resultNumbers } from './run-results.ts'
import type { CompareGroup, CompareView, CurveView } from './views.ts'

/** How a page wants to see several runs. */
export interface CompareQuery {
  /** Name of the quantity: `loss`, of training steps, or a result of epochs. */
  readonly quantity: string
}

/** Maximum number of points of a training loss: each is a mean over the steps since the one before. */
const points = 150

/** Number of columns of pixels for which other curves are thinned out. */
const columns = 300

/** What is kept of a run: not its log, which may be long. */
interface Read {
  readonly id: string
  /** Changes when the run has to be read again. */
  readonly key: string
  readonly description: Readonly<Record<string, unknown>>
  readonly losses: CurveView
  readonly rates: CurveView
  /** Results of its epochs. */
  readonly epochs: readonly Readonly<Record<string, number>>[]
  /** Step after which each epoch ended. */
  readonly ends: CurveView['x']
}

/** Several runs that a page watches side by side. */
export class CompareWatch {
  readonly #found: readonly Found[]
  readonly #query: CompareQuery
  readonly #logs: OpenLogs
  readonly #reads = new Map<string, Read>()
  #signs = ''

  constructor(found: readonly Found[], query: CompareQuery, logs: OpenLogs) {
    this.#found = found
    this.#query = query
    this.#logs = logs
  }

  /** Returns the runs as they are now; undefined if none has changed since the last call. */
  async view(): Promise<CompareView | undefined> {
    const signs = this.#found.map(({ path }) => stampOf(logFile(path))).join('|')
    if (signs === this.#signs) return undefined
    this.#signs = signs
    const longest = Math.max(...this.#found.map(({ path }) => stepsIn(path)))
    const size = 2 ** Math.max(0, Math.ceil(Math.log2(longest / points)))
    const runs: Read[] = []
    for (const found of this.#found) runs.push(...(await this.#read(found, size)))
    const groups = runGroups(runs)
    const names = runs.map(({ epochs }) => Object.keys(epochs.at(-1) ?? {}))
    return {
      groups: groups.map((group) => this.#group(group)),
      differing: differingSettings(groups).map(({ name, texts }) => ({ name, texts })),
      quantities: ['loss', ...(names[0] ?? []).filter((name) => names.every((own) => own.includes(name)))],
      rates: groups.map(({ runs: [first] }) => first!.rates),
    }
  }

  close(): void {}

  /** Reads a run, unless it has not changed. @param size number of steps over which its losses are averaged */
  async #read({ id, path }: Found, size: number): Promise<readonly Read[]> {
    const key = `${stampOf(logFile(path))} ${size}`
    const known = this.#reads.get(id)
    if (known?.key === key) return [known]
    const description = describedIn(path)?.description
    if (description === undefined) return []
    const [log] = await this.#logs.read(path)
    const { losses, lrs } = log.steps
    const epochs = log.others.filter(({ type }) => type === 'epoch')
    const read: Read = {
      id,
      key,
      description,
      losses: meansOver(losses, size),
      rates: curveAt(lrs, m4(lrs, 0, lrs.length, columns)),
      epochs: epochs.map((line) => resultNumbers(line as never)),
      ends: epochs.map(({ steps }) => Number(steps) - 1),
    }
    this.#reads.set(id, read)
    return [read]
  }

  #group({ label, runs }: RunGroup<Read>): CompareGroup {
    const { quantity } = this.#query
    const curves = runs.map(({ losses, epochs, ends }): CurveView => {
      if (quantity === 'loss') return losses
      return { x: ends, y: epochs.map((epoch) => shortened(epoch[quantity] ?? Number.NaN)) }
    })
    const best = bestOf(runs)
    return { label, ids: runs.map(({ id }) => id), ...pooled(curves), ...(best && { best }) }
  }
}

/** Returns the number of steps of a run, without reading its log; 0 if it cannot be read. */
function stepsIn(path: string): number {
  try {
    return glanceAt(path).steps
  } catch {
    return 0
  }
}

/** Returns the mean of curves and, of several, the band that they fill, over the steps of the longest. */
function pooled(curves: readonly CurveView[]): Pick<CompareGroup, 'curve' | 'band'> {
  const [first] = curves
  if (first === undefined || curves.length === 1) return { curve: first ?? { x: [], y: [] } }
  const { x } = curves.reduce((a, b) => (b.x.length > a.x.length ? b : a))
  const at = x.map((_, i) => curves.flatMap(({ y }) => (typeof y[i] === 'number' ? [y[i]] : [])))
  const each = (of: (values: readonly number[]) => number): CurveView['y'] =>
    at.map((values) => (values.length === 0 ? null : of(values)))
  return {
    curve: { x, y: each((values) => values.reduce((a, b) => a + b) / values.length) },
    band: { low: each((values) => Math.min(...values)), high: each((values) => Math.max(...values)) },
  }
}

/** Returns the mean over runs of their best values; undefined unless each has one of the same quantity. */
function bestOf(runs: readonly Read[]): CompareGroup['best'] {
  const judge = judgeOf(runs[0]!.description)
  const values = runs.map(({ epochs }) =>
    epochs.length > 0 ? epochs[bestEpoch({ epochs, judge })]?.[judge.name] : undefined,
  )
  if (!values.every((value) => value !== undefined)) return undefined
  return { ...judge, value: values.reduce((a, b) => a + b) / values.length }
}
