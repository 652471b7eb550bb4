import { logFile } from '../train/event-log.ts'
import { differingSettings, type RunGroup, runGroups } from './compared-settings.ts'
import { describedIn, stampOf } from './described.ts'
import { curveAt, m4, meansOver } from './downsample.ts'
import type { FollowedLog } from './followed-log.ts'
import type { Found } from './found.ts'
import type { OpenLogs } from './open-logs.ts'
import { bestEpoch, judgeOf, numbersOf } from './run-results.ts'
import { epochCurve } from './run-view.ts'
import type { CompareGroup, CompareView, Curve } from './views.ts'

/** How a page wants to see several runs. */
export interface CompareQuery {
  /** Name of the quantity: `loss`, of training steps, or a result of epochs. */
  readonly quantity: string
}

/** Maximum number of points of a training loss: each is a mean over the steps since the one before. */
const points = 150

/** Number of columns of pixels for which other curves are thinned out. */
const columns = 300

/** A run with its log. */
interface Read {
  readonly id: string
  readonly description: Readonly<Record<string, unknown>>
  readonly log: FollowedLog
}

/** Several runs that a page watches side by side. */
export class CompareWatch {
  readonly #found: readonly Found[]
  readonly #query: CompareQuery
  readonly #logs: OpenLogs
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
    const runs: Read[] = []
    for (const { id, path } of this.#found) {
      const description = describedIn(path)?.description
      if (description === undefined) continue
      const [log] = await this.#logs.read(path)
      runs.push({ id, description, log })
    }
    const groups = runGroups(runs)
    const names = runs.map(({ log }) => Object.keys(numbersOf(Object(epochsOf(log).at(-1)) as never)))
    const shared = names[0]?.filter((name) => names.every((own) => own.includes(name))) ?? []
    return {
      groups: groups.map((group) => this.#group(group)),
      differing: differingSettings(groups).map(({ name, texts }) => ({ name, texts })),
      quantities: ['loss', ...shared],
      rates: groups.map(({ runs: [first] }) => {
        const { lrs } = first!.log.steps
        return curveAt(lrs, m4(lrs, 0, lrs.length, columns))
      }),
    }
  }

  close(): void {}

  #group({ label, runs }: RunGroup<Read>): CompareGroup {
    const { quantity } = this.#query
    const longest = Math.max(...runs.map(({ log }) => log.steps.losses.length))
    const size = Math.max(1, Math.ceil(longest / points))
    const curves = runs.map(({ log }) =>
      quantity === 'loss'
        ? meansOver(log.steps.losses, size)
        : epochCurve(epochsOf(log), (epoch) => numbersOf(epoch as never)[quantity]),
    )
    const best = bestOf(runs)
    return { label, ids: runs.map(({ id }) => id), ...pooled(curves), ...(best && { best }) }
  }
}

const epochsOf = ({ others }: FollowedLog) => others.filter(({ type }) => type === 'epoch')

/** Returns the mean of curves and, of several, the band that they fill, over the steps of the longest. */
function pooled(curves: readonly Curve[]): Pick<CompareGroup, 'curve' | 'band'> {
  const [first] = curves
  if (first === undefined || curves.length === 1) return { curve: first ?? { x: [], y: [] } }
  const { x } = curves.reduce((a, b) => (b.x.length > a.x.length ? b : a))
  const at = x.map((_, i) => curves.flatMap(({ y }) => (typeof y[i] === 'number' ? [y[i]] : [])))
  const each = (of: (values: readonly number[]) => number): Curve['y'] =>
    at.map((values) => (values.length === 0 ? null : of(values)))
  return {
    curve: { x, y: each((values) => values.reduce((a, b) => a + b) / values.length) },
    band: { low: each((values) => Math.min(...values)), high: each((values) => Math.max(...values)) },
  }
}

/** Returns the mean over runs of their best values; undefined unless each has one of the same quantity. */
function bestOf(runs: readonly Read[]): CompareGroup['best'] {
  const judge = judgeOf(runs[0]!.description)
  const values = runs.map(({ log }) => {
    const epochs = epochsOf(log).map((line) => numbersOf(line as never))
    return epochs.length > 0 ? epochs[bestEpoch({ epochs, judge })]?.[judge.name] : undefined
  })
  if (!values.every((value) => value !== undefined)) return undefined
  return { ...judge, value: values.reduce((a, b) => a + b) / values.length }
}
