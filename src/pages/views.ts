// What the server sends to its pages: each view is sent whole when a page asks for it, and again whenever it changes.

/**
 * `stopped`: neither ended nor open in any process. `damaged`: its log cannot be read. Trials in a database also have
 * `waiting`, for a worker, and `failed`.
 */
export type RunState = 'running' | 'ended' | 'diverged' | 'stopped' | 'damaged' | 'waiting' | 'failed'

/** A curve: values over steps; null where a value is missing or not finite. */
export interface CurveView {
  readonly x: readonly number[]
  readonly y: readonly (number | null)[]
}

/** A curve by its name. */
export interface NamedCurve extends CurveView {
  readonly name: string
}

/** A run in the list. */
export interface RunRow {
  /** Path of its folder below the folder that is served. */
  readonly id: string
  readonly state: RunState
  readonly steps: number
  /** Number of steps that the run is to take; absent if unknown. */
  readonly total?: number
  /** Time of the last change of its log, in milliseconds since 1970. */
  readonly changed: number
  /** Training losses, evenly spaced over the log. */
  readonly losses: readonly (number | null)[]
  /** Best value of what the run monitors; absent before its first epoch has ended. */
  readonly best?: Best
  /** Settings as texts, by path. */
  readonly settings: Readonly<Record<string, string>>
}

export interface Best {
  readonly name: string
  readonly value: number
  readonly goal: 'min' | 'max'
}

/** `stopped`: neither ended nor being run. `waiting`: for workers to take trials from the database. */
export type StudyState = 'running' | 'ended' | 'stopped' | 'waiting'

/** A study in the list. */
export interface StudyRow {
  readonly id: string
  /** Number of trials: those that were begun, or all if `done` is known. */
  readonly trials: number
  readonly state: StudyState
  /** Time of the last change, in milliseconds since 1970; 0 if unknown. */
  readonly changed: number
  /** Number of finished trials; absent if unknown. */
  readonly done?: number
  /** Estimated seconds until all trials are done; absent when nothing is known. */
  readonly left?: number
}

/** The list of runs and studies: rows that have changed since the last one was sent, and ids of those that went. */
export interface ListView {
  /** Path of the folder, or address of the database. */
  readonly place: string
  readonly kind: 'folder' | 'database'
  /** Whether the rows are all there are, not only those that changed. */
  readonly isWhole: boolean
  readonly runs: readonly RunRow[]
  readonly studies: readonly StudyRow[]
  readonly gone: readonly string[]
  /** Paths of settings that differ among the runs. */
  readonly differing: readonly string[]
}

export interface LossView {
  /** Number of steps over which `smooth` is smoothed. */
  readonly smoothing: number
  /** Training loss of each step. */
  readonly raw: CurveView
  readonly smooth: CurveView
  readonly validation: CurveView
}

/** What a run logged of one of its normalization layers. */
export interface LayerView {
  readonly path: string
  readonly effectiveRate?: CurveView
  /** Angle in radians by which a step turns the weight before the layer. */
  readonly angle?: CurveView
  /** Angle at which weight decay and gradients balance. */
  readonly equilibrium?: CurveView
  /** (running mean − batch mean) / √(batch variance), of the layer's averages. */
  readonly meanDrift?: CurveView
  /** Running variance / batch variance, of the layer's averages. */
  readonly varianceDrift?: CurveView
}

export interface RunView {
  readonly id: string
  readonly name: string
  readonly state: RunState
  readonly steps: number
  readonly total?: number
  readonly epochs: number
  /** Why the run ended, diverged, or cannot be read. */
  readonly because?: string
  readonly best?: Best
  readonly warnings: readonly string[]
  readonly loss: LossView
  /** The learning rate as logged, and other hyperparameters with a schedule as it prescribes them. */
  readonly hyperparameters: readonly NamedCurve[]
  /** Results of epochs, apart from the losses. */
  readonly metrics: readonly NamedCurve[]
  readonly stepsPerSecond: CurveView
  readonly gradientNorm?: CurveView
  readonly layers: readonly LayerView[]
  readonly confusion?: ConfusionView
  readonly doctor?: readonly DoctorEntry[]
  readonly test?: readonly (readonly [name: string, value: string])[]
  readonly settings: readonly (readonly [name: string, value: string])[]
  /** Number of settings that are not among `settings`, which are the first. */
  readonly omitted: number
  /** Command that repeats the run. */
  readonly command?: string
  /** Result of a trial. */
  readonly result?: readonly (readonly [name: string, value: string])[]
  /** Command that examines the run; absent where its folder is not on this machine. */
  readonly examine?: string
  /** Whether the run can be stopped from here. */
  readonly canStop: boolean
}

export interface ConfusionView {
  readonly name: string
  readonly epoch: number
  /** Row = label, column = prediction. */
  readonly rows: readonly (readonly number[])[]
}

/** What the doctor found, as the run's folder has it. */
export interface DoctorEntry {
  readonly id: string
  readonly title: string
  readonly severity: string
  readonly value: string
  readonly advice: string
}

/** Runs of the same settings apart from their seeds. */
export interface CompareGroup {
  readonly label: string
  readonly ids: readonly string[]
  readonly curve: CurveView
  /** The least and the greatest of the group's runs; absent for a single run. */
  readonly band?: { readonly low: CurveView['y']; readonly high: CurveView['y'] }
  readonly best?: Best
}

export interface CompareView {
  readonly groups: readonly CompareGroup[]
  /** Settings that differ: a text for each group. */
  readonly differing: readonly { readonly name: string; readonly texts: readonly string[] }[]
  /** Quantities that can be compared. */
  readonly quantities: readonly string[]
  readonly rates: readonly CurveView[]
}

export interface StudyView {
  readonly id: string
  readonly name: string
  readonly state: StudyState
  readonly done: number
  /** Number of trials that are planned; more may follow. */
  readonly total: number
  readonly diverged: number
  readonly failed: number
  /** Ids of the trials that train now. */
  readonly running: readonly string[]
  /** Who trained trials of the study, in a database. */
  readonly workers?: readonly WorkerView[]
  /** Estimated seconds until the planned trials are done; absent when nothing is known yet. */
  readonly left?: number
  readonly metric: Pick<Best, 'name' | 'goal'>
  /** Sentences of the report; empty before enough trials are done. */
  readonly answer: readonly string[]
  readonly grids: readonly GridView[]
  readonly trials: readonly TrialView[]
  readonly effects: readonly { readonly name: string; readonly share: number; readonly isJoint: boolean }[]
  readonly comparisons: readonly { readonly verdict: string; readonly p: string; readonly seeds: number }[]
  readonly factors: readonly string[]
  /** Whether the folder has a finished report. */
  readonly hasReport: boolean
}

/** A process that takes trials of a study from a database. */
export interface WorkerView {
  /** Its machine and process, such as `host:17`. */
  readonly name: string
  /** Number of trials that it has finished, however they ended. */
  readonly done: number
  /** Mean time in seconds of these trials; absent before the first. */
  readonly seconds?: number
  /** Ids of the trials that it trains now. */
  readonly running: readonly string[]
}

/** A heat map: a column for each value of one setting, a row for each of another. */
export interface GridView {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly columns: readonly string[]
  readonly rows: readonly string[]
  readonly cells: readonly GridCell[]
}

export interface GridCell {
  readonly column: number
  readonly row: number
  /** Place on the colour scale: 0 is the best, 1 the worst; absent without a score. */
  readonly shade?: number
  readonly text: string
  readonly detail: string
  readonly isBest: boolean
  /** Ids of the cell's runs. */
  readonly ids: readonly string[]
}

/** A trial, for parallel coordinates. */
export interface TrialView {
  readonly id: string
  readonly settings: Readonly<Record<string, string | number>>
  readonly seed: number
  readonly status: 'done' | 'diverged' | 'failed' | 'planned'
  readonly score?: number
}
