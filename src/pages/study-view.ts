import { percent } from '../core/text.ts'
import { analyse } from '../study/analysis/analyse.ts'
import type { Findings, Finished } from '../study/analysis/findings.ts'
import { probability } from '../study/report/number.ts'
import { label } from '../study/report/settings.ts'
import { keyOf } from '../study/settings.ts'
import { gridViews } from './grid-view.ts'
import { factsIn, trialsOf } from './study-facts.ts'
import type { StudyNow, StudyPlace } from './study-place.ts'
import { trialId } from './trial-id.ts'
import type { StudyView, TrialView } from './views.ts'
import { workerViews } from './worker-views.ts'

/** A study that a page watches. */
export class StudyWatch {
  readonly #id: string
  readonly #place: StudyPlace
  #sign = ''

  constructor(id: string, place: StudyPlace) {
    this.#id = id
    this.#place = place
  }

  /** Returns the study as it is now; undefined if it has not changed since the last call. */
  async view(): Promise<StudyView | undefined> {
    const now = await this.#place.look()
    if (now.sign === this.#sign) return undefined
    this.#sign = now.sign
    return studyView(this.#id, now)
  }

  close(): void {
    this.#place.close()
  }
}

function studyView(id: string, now: StudyNow): StudyView {
  const { name, stored, state, running, hasReport } = now
  const { description, finished, planned } = stored
  const count = (status: Finished['result']['status']): number =>
    finished.filter(({ result }) => result.status === status).length
  const idOf = (trial: number): string => trialId(id, trial)
  if (description === undefined) return { ...nothingYet, id, name, state }
  const facts = factsIn(name, description, stored)
  const total = trialsOf(description, planned.length)
  const findings = finished.length > 0 ? analyse(facts, finished) : undefined
  const left = secondsLeft(finished, total, running.length)
  const workers = now.workers && workerViews(now.workers, finished, idOf)
  return {
    id,
    name,
    state,
    done: finished.length,
    total,
    diverged: count('diverged'),
    failed: count('failed'),
    running: running.map(idOf),
    ...(workers && { workers }),
    ...(state === 'running' && left !== undefined && { left }),
    metric: facts.metric,
    answer: count('done') > 0 ? (findings?.answer ?? []) : [],
    grids: findings ? gridViews(findings, idsBySettings(finished, idOf)) : [],
    trials: finished.map((trial) => trialView(trial, facts.metric.name, idOf)),
    effects: findings ? effectsIn(findings) : [],
    comparisons: findings ? comparisonsIn(findings) : [],
    factors: Object.keys(facts.factors),
    hasReport,
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
