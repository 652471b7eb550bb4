import { basename, join, resolve } from 'node:path'
import { evenstepCommand, shellCommand } from '../core/shell.ts'
import { figure } from '../core/text.ts'
import { areTexts } from '../data/names.ts'
import { trialFile } from '../study/run/trial-file.ts'
import { logFile } from '../train/event-log.ts'
import type { Steps } from '../train/steps.ts'
import { type Described, describedIn, stampOf } from './described.ts'
import { doctorEntries, doctorFile } from './doctor-file.ts'
import { curveAt, m4, shortened, smoothed } from './downsample.ts'
import type { FollowedLog } from './followed-log.ts'
import type { Found } from './found.ts'
import { hyperparametersIn } from './hyperparameters.ts'
import { EquilibriumCurve, layersIn } from './layer-views.ts'
import type { OpenLogs } from './open-logs.ts'
import { bestEpoch, judgeOf, resultNumbers } from './run-results.ts'
import { runningOr } from './run-row.ts'
import { trialResultIn } from './trial-result.ts'
import type { Best, ConfusionView, CurveView, NamedCurve, RunState, RunView } from './views.ts'

/** How a page wants to see a run. */
export interface RunQuery {
  /** First step, and the one after the last. @default all steps */
  readonly range?: readonly [number, number] | undefined
  /** Number of steps over which the loss is smoothed; 1 for none. @default a hundredth of the steps that are seen */
  readonly smoothing?: number | undefined
}

/** Number of columns of pixels for which the losses are thinned out; other charts are half as wide. */
const columns = 400

/** Maximum number of settings that are sent. */
const mostSettings = 200

/** Milliseconds of reading a log before the page sees what was read. */
const patience = 300

type Line = Readonly<Record<string, unknown>>

/** A run that a page watches. */
export class RunWatch {
  readonly #found: Found
  readonly #query: RunQuery
  readonly #logs: OpenLogs
  readonly #equilibrium = new EquilibriumCurve()
  #signs = ''
  /** Whether the log has parts that were not read yet. */
  isBehind = false

  constructor(found: Found, query: RunQuery, logs: OpenLogs) {
    this.#found = found
    this.#query = query
    this.#logs = logs
  }

  /** Returns the run as it is now; undefined if it has not changed since the last call. */
  async view(): Promise<RunView | undefined> {
    const { path } = this.#found
    const files = [join(path, 'run.json'), logFile(path), join(path, doctorFile), trialFile(path)].map(
      stampOf,
    )
    const isOpen = runningOr(path, 'stopped') === 'running'
    const signs = [...files, isOpen].join('|')
    if (signs === this.#signs) return undefined
    this.#signs = signs
    return this.#view(isOpen)
  }

  close(): void {}

  async #view(isOpen: boolean): Promise<RunView> {
    const described = describedIn(this.#found.path)
    try {
      const [log, isAll] = await this.#logs.read(this.#found.path, patience)
      this.isBehind = !isAll
      if (!isAll) this.#signs = ''
      return this.#whole(described, log, isOpen)
    } catch (error) {
      const because = (error as Error).message
      return { ...this.#about(described, [], isOpen), state: 'damaged', because }
    }
  }

  #whole(described: Described | undefined, log: FollowedLog, isOpen: boolean): RunView {
    const { steps, others } = log
    const description = described?.description ?? {}
    const count = steps.losses.length
    const range = within(this.#query.range, count)
    const epochs = others.filter(({ type }) => type === 'epoch')
    const gradientNorm = steps.logs?.gradientNorm
    const confusion = confusionIn(epochs)
    return {
      ...this.#about(described, others, isOpen),
      steps: count,
      epochs: epochs.length,
      loss: this.#loss(steps, epochs, range),
      hyperparameters: count > 0 ? hyperparametersIn(description.optimizer, steps, range, columns / 2) : [],
      metrics: metricsIn(epochs),
      stepsPerSecond: epochCurve(epochs, ({ time }) => Object(time).stepsPerSecond),
      ...(gradientNorm && { gradientNorm: curveAt(gradientNorm, m4(gradientNorm, ...range, columns / 2)) }),
      layers: layersIn(steps, range, columns / 2, this.#equilibrium.of(description, steps)),
      ...(confusion && { confusion }),
    }
  }

  #loss({ losses }: Steps, epochs: readonly Line[], [from, to]: readonly [number, number]): RunView['loss'] {
    const { smoothing = Math.max(1, Math.round((to - from) / 100)) } = this.#query
    const smooth = smoothed(losses, 1 - 1 / smoothing)
    return {
      smoothing,
      raw: curveAt(losses, m4(losses, from, to, columns)),
      smooth: curveAt(smooth, m4(smooth, from, to, columns)),
      validation: epochCurve(epochs, ({ validationLoss }) => validationLoss),
    }
  }

  /** Returns all but the curves. */
  #about(described: Described | undefined, others: readonly Line[], isOpen: boolean): RunView {
    const { id, path } = this.#found
    const settings = [...(described?.settings ?? [])]
    const ended = others.findLast(({ type }) => ['start', 'end', 'diverged'].includes(String(type)))
    const start = others.find(({ type }) => type === 'start')
    const state = stateOf(described, ended, isOpen)
    const best = bestOf(described, others)
    const command = described && commandOf(described)
    const doctor = doctorEntries(path)
    const because = ended?.because ?? ended?.message
    const isTrial = described?.description.trial !== undefined
    const result = isTrial ? trialResultIn(path) : undefined
    return {
      ...nothingYet,
      id,
      name: id === '.' ? basename(resolve(path)) : id,
      state,
      ...(typeof start?.steps === 'number' && { total: start.steps }),
      ...(typeof because === 'string' && { because }),
      ...(best && { best }),
      warnings: areTexts(start?.warnings) ? start.warnings : [],
      ...(doctor && { doctor }),
      ...(result && { result }),
      ...testIn(others),
      settings: settings.slice(0, mostSettings),
      omitted: Math.max(0, settings.length - mostSettings),
      ...(command !== undefined && { command }),
      examine: shellCommand(['npx', 'evenstep', 'doctor', path]),
      canStop: state === 'running' && !isTrial,
    }
  }
}

const nothing: CurveView = { x: [], y: [] }

/** A run of which nothing is known. */
export const nothingYet: Omit<RunView, 'id' | 'name' | 'state'> = {
  steps: 0,
  epochs: 0,
  warnings: [],
  loss: { smoothing: 1, raw: nothing, smooth: nothing, validation: nothing },
  hyperparameters: [],
  metrics: [],
  stepsPerSecond: nothing,
  layers: [],
  settings: [],
  omitted: 0,
  canStop: false,
}

function stateOf(described: Described | undefined, ended: Line | undefined, isOpen: boolean): RunState {
  if (described === undefined) return 'damaged'
  if (ended?.type === 'end') return 'ended'
  if (ended?.type === 'diverged') return 'diverged'
  return isOpen ? 'running' : 'stopped'
}

/** Returns a range of steps that is within those of a run; all of them by default. */
function within(range: RunQuery['range'], count: number): readonly [number, number] {
  if (range === undefined) return [0, count]
  const from = Math.min(Math.max(0, Math.floor(range[0])), Math.max(0, count - 1))
  return [from, Math.min(count, Math.max(from + 1, Math.ceil(range[1])))]
}

/** Returns values of epochs over their last steps. */
function epochCurve(epochs: readonly Line[], of: (epoch: Line) => unknown): CurveView {
  const values = epochs.map((epoch) => ({ x: Number(epoch.steps) - 1, y: of(epoch) }))
  const known = values.filter(({ x }) => Number.isFinite(x))
  return {
    x: known.map(({ x }) => x),
    y: known.map(({ y }) => (typeof y === 'number' ? shortened(y) : null)),
  }
}

const losses = ['trainLoss', 'validationLoss']

function metricsIn(epochs: readonly Line[]): NamedCurve[] {
  const last = epochs.at(-1)
  const names = last ? Object.keys(resultNumbers(last as never)).filter((name) => !losses.includes(name)) : []
  return names.map((name) => ({
    name,
    ...epochCurve(epochs, (epoch) => resultNumbers(epoch as never)[name]),
  }))
}

/** Maximum number of classes of a confusion matrix that is shown. */
const mostClasses = 100

function confusionIn(epochs: readonly Line[]): ConfusionView | undefined {
  const last = epochs.at(-1)
  const found = Object.entries(Object(last?.metrics)).find(([, value]) => isMatrix(value))
  if (last === undefined || found === undefined) return undefined
  return { name: found[0], epoch: Number(last.epoch), rows: found[1] as number[][] }
}

const isMatrix = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= mostClasses &&
  value.every((row) => Array.isArray(row) && row.length === value.length && row.every(Number.isFinite))

function bestOf(described: Described | undefined, others: readonly Line[]): Best | undefined {
  const judge = judgeOf(described?.description ?? {})
  const epochs = others.filter(({ type }) => type === 'epoch').map((line) => resultNumbers(line as never))
  if (epochs.length === 0) return undefined
  const value = epochs[bestEpoch({ epochs, judge })]?.[judge.name]
  return value === undefined ? undefined : { ...judge, value }
}

function testIn(others: readonly Line[]): Pick<RunView, 'test'> {
  const test = others.findLast(({ type }) => type === 'test')
  if (test === undefined) return {}
  const { loss, accuracy, metrics, weights, examples } = test
  const numbers = Object.entries({ loss, accuracy, ...Object(metrics) }).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  )
  const about = Object.entries({ weights, examples }).filter(([, value]) => value !== undefined)
  return {
    test: [
      ...about.map(([name, value]) => [name, String(value)] as const),
      ...numbers.map(([name, value]) => [name, figure(value, 4)] as const),
    ],
  }
}

/** Returns the command that repeats a run; undefined if its description does not say how it was begun. */
function commandOf({ description }: Described): string | undefined {
  const { file, settings = [] } = Object(description.origin) as Line
  return typeof file === 'string' && areTexts(settings) ? evenstepCommand('train', file, settings) : undefined
}
