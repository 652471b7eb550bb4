import { basename, join, resolve } from 'node:path'
import { percent } from '../core/text.ts'
import { checkInside } from '../disk/inside.ts'
import { analyse } from '../study/analysis/analyse.ts'
import type { Findings, Finished } from '../study/analysis/findings.ts'
import { probability } from '../study/report/number.ts'
import { label } from '../study/report/settings.ts'
import type { StoredStudy, WatchedStudy } from '../study/run/watched-study.ts'
import { keyOf } from '../study/settings.ts'
import type { Found } from './found.ts'
import { gridViews } from './grid-view.ts'
import { runningOr } from './run-row.ts'
import { factsIn, trialsOf } from './study-facts.ts'
import { studyState } from './study-files.ts'
import type { StudyState, StudyView, TrialView } from './views.ts'

/** A study that a page watches. */
export class StudyWatch {
  readonly #found: Found
  #study: WatchedStudy | undefined
  #state: StoredStudy | undefined
  #signs = ''

  constructor(found: Found) {
    this.#found = found
  }

  /** Returns the study as it is now; undefined if it has not changed since the last call. */
  async view(): Promise<StudyView | undefined> {
    // Imported late: nobody who watches runs alone loads SQLite.
    const { WatchedStudy } = await import('../study/run/watched-study.ts')
    this.#study ??= new WatchedStudy(this.#found.path)
    const { version } = this.#study
    if (!this.#signs.startsWith(`${version} `)) this.#state = undefined
    this.#state ??= this.#study.read()
    const now = studyState(this.#found.path)
    const running = now === 'running' ? runningTrials(this.#found, this.#state) : []
    const signs = `${version} ${now} ${running}`
    if (signs === this.#signs) return undefined
    this.#signs = signs
    return studyView(this.#found, this.#state, now, running)
  }

  close(): void {
    this.#study?.close()
  }
}

/** Returns the ids of the trials that some process trains. */
const runningTrials = ({ id, path }: Found, { planned, finished }: StoredStudy): string[] => {
  const done = new Set(finished.map((one) => one.id))
  return planned
    .filter((trial) => !done.has(trial.id) && runningOr(join(path, trialPath(trial.id)), '') === 'running')
    .map((trial) => `${id}/${trialPath(trial.id)}`)
}

const trialPath = (id: number): string => `trials/${String(id).padStart(4, '0')}`

function studyView(
  found: Found,
  stored: StoredStudy,
  state: StudyState,
  running: readonly string[],
): StudyView {
  const { id, path } = found
  const { description, finished, planned } = stored
  const name = basename(resolve(path))
  const count = (status: Finished['result']['status']): number =>
    finished.filter(({ result }) => result.status === status).length
  const idOf = (trial: number): string => `${id}/${trialPath(trial)}`
  if (description === undefined) return { ...nothingYet, id, name, state }
  const facts = factsIn(name, description, stored)
  const total = trialsOf(description, planned.length)
  const findings = finished.length > 0 ? analyse(facts, finished) : undefined
  const left = secondsLeft(finished, total, running.length)
  return {
    id,
    name,
    state,
    done: finished.length,
    total,
    diverged: count('diverged'),
    failed: count('failed'),
    running,
    ...(state === 'running' && left !== undefined && { left }),
    metric: facts.metric,
    answer: count('done') > 0 ? (findings?.answer ?? []) : [],
    grids: findings ? gridViews(findings, idsBySettings(finished, idOf)) : [],
    trials: finished.map((trial) => trialView(trial, facts.metric.name, idOf)),
    effects: findings ? effectsIn(findings) : [],
    comparisons: findings ? comparisonsIn(findings) : [],
    factors: Object.keys(facts.factors),
    hasReport: state === 'ended' && checkInside(join(path, 'report.html')),
  }
}

const nothingYet: Omit<StudyView, 'id' | 'name' | 'state'> = {
  done: 0,
  total: 0,
  diverged: 0,
  failed: 0,
  running: [],
  metric: { name: '', goal: 'min' },
  answer: [],
  grids: [],
  trials: [],
  effects: [],
  comparisons: [],
  factors: [],
  hasReport: false,
}

function idsBySettings(
  finished: readonly Finished[],
  idOf: (trial: number) => string,
): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>()
  for (const { id, settings } of finished) {
    const key = keyOf(settings)
    ids.set(key, [...(ids.get(key) ?? []), idOf(id)])
  }
  return ids
}

const effectsIn = ({ effects, interactions }: Findings): StudyView['effects'] =>
  [
    ...effects.map(({ factor, share }) => ({ name: factor, share, isJoint: false })),
    ...interactions.map(({ factors, share }) => ({ name: factors.join(' × '), share, isJoint: true })),
  ]
    .filter(({ share }) => percent(share, 1) !== '0.0 %')
    .sort((a, b) => b.share - a.share)

const comparisonsIn = ({ comparisons }: Findings): StudyView['comparisons'] =>
  comparisons.map(({ verdict, adjusted, seeds }) => ({ verdict, p: probability(adjusted), seeds }))

function trialView(trial: Finished, metric: string, idOf: (trial: number) => string): TrialView {
  const { id, settings, seed, result } = trial
  const score = result.metrics[metric]
  const texts = Object.entries(settings).map(
    ([name, value]) => [name, typeof value === 'number' ? value : label(value)] as const,
  )
  return {
    id: idOf(id),
    settings: Object.fromEntries(texts),
    seed,
    status: result.status,
    ...(score !== undefined && Number.isFinite(score) && { score }),
  }
}

/** Estimates the seconds until all trials are done: each takes as long as those so far did on average. */
function secondsLeft(finished: readonly Finished[], total: number, workers: number): number | undefined {
  if (finished.length === 0) return undefined
  const mean = finished.reduce((sum, { result }) => sum + result.time.total, 0) / finished.length
  return ((total - finished.length) * mean) / Math.max(1, workers)
}
