import { ArgumentError } from '../../core/errors.ts'
import { showValue } from '../../core/mismatch.ts'
import { otherGraph } from '../../train/description.ts'
import type { Design } from '../design/design.ts'
import { type Factors, factorValues } from '../factor.ts'

type Description = Readonly<Record<string, unknown>>

/**
 * Refuse to go on with another study than the one in a folder. A study may get more: values of a factor, seeds, trials.
 *
 * @throws {ArgumentError} naming what is other than it was.
 */
export function checkSameStudy(folder: string, before: Description, now: Description): void {
  const differs =
    inExperiment(before.experiment as Description, now.experiment as Description) ??
    inDesign(before.design as Design, now.design as Design) ??
    inFactors(before, now) ??
    ['steps', 'metric', 'watch'].flatMap((key) => changed(key, before[key], now[key]) ?? [])[0] ??
    (Number(now.seeds) < Number(before.seeds) ? told('seeds', before.seeds, now.seeds) : undefined)
  if (differs === undefined) return
  throw new ArgumentError(
    `${folder}: wanted the study that was begun here, got ${differs}; change it back, or choose another folder with --out`,
  )
}

/**
 * Refuse to go on with an advice on another experiment than the one in a folder.
 *
 * @throws {ArgumentError} naming what is other than it was.
 */
export function checkSameAdvice(folder: string, before: Description, now: Description): void {
  const differs = inExperiment(before, JSON.parse(JSON.stringify(now)))
  if (differs === undefined) return
  throw new ArgumentError(
    `${folder}: wanted the advice that was begun here, got ${differs}; change it back, or choose another folder with --out`,
  )
}

const told = (key: string, before: unknown, now: unknown): string =>
  `${key} ${showValue(now)} where it was ${showValue(before)}`

const changed = (key: string, before: unknown, now: unknown): string | undefined =>
  JSON.stringify(before) === JSON.stringify(now) ? undefined : told(key, before, now)

function inExperiment(before: Description, now: Description): string | undefined {
  for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const difference = changed(`the experiment's ${key}`, before[key], now[key])
    if (difference !== undefined) return key === 'graph' ? otherGraph : difference
  }
  return undefined
}

/** There may be more trials, but nothing else may change. */
function inDesign(before: Design, now: Design): string | undefined {
  const more = 'trials' in before && 'trials' in now && now.trials >= before.trials
  return changed('design', before, more ? { ...now, trials: before.trials } : now)
}

/** There may be more values, where a design does not draw from them. */
function inFactors(before: Description, now: Description): string | undefined {
  const [old, fresh] = [before.factors as Factors, now.factors as Factors]
  const design = now.design as Design
  if (!(design.type === 'grid' || (design.type === 'racing' && design.candidates === undefined))) {
    return changed('factors', old, fresh)
  }
  const paths = (factors: Factors): string[] => Object.keys(factors).sort()
  const other = changed('factors', paths(old), paths(fresh))
  if (other !== undefined) return other
  for (const path of paths(old)) {
    const kept = new Set(factorValues(path, fresh[path]!)?.map((value) => JSON.stringify(value)))
    const lost = factorValues(path, old[path]!)?.find((value) => !kept.has(JSON.stringify(value)))
    if (lost !== undefined) return `factors.${path} without ${showValue(lost)}`
  }
  return undefined
}
