import { ArgumentError } from '../../core/errors.ts'
import { showValue } from '../../core/mismatch.ts'
import { differenceOf } from '../../train/description.ts'
import type { Design } from '../design/design.ts'
import { type Factors, factorValues } from '../factor.ts'
import { firstSeeds, type Seeds } from '../seeds.ts'
import { valueKey } from '../settings.ts'

type Description = Readonly<Record<string, unknown>>

/** What to choose instead, in messages: by default, where a study or advice is kept. */
const otherFolder = 'another folder with --out'

/**
 * Checks that a study is the one its folder was created for. The study may have grown: it may have more values of a
 * factor, more seeds or more trials.
 *
 * @param place the folder, or the study in a database
 * @param other what to choose for another study, in the message. @default another folder
 * @throws {ArgumentError} naming the first difference.
 */
export function checkSameStudy(
  place: string,
  before: Description,
  now: Description,
  other: string = otherFolder,
): void {
  const difference =
    inExperiment(before.experiment as Description, now.experiment as Description) ??
    inDesign(before.design as Design, now.design as Design) ??
    inFactors(before, now) ??
    inSchedules(Object(before.schedules), Object(now.schedules)) ??
    ['steps', 'metric', 'watch'].flatMap((key) => changed(key, before[key], now[key]) ?? [])[0] ??
    inSeeds(before.seeds as Seeds, now.seeds as Seeds)
  refuse(place, 'study', difference, other)
}

/** Checks that advice is resumed with the same experiment. @throws {ArgumentError} naming a difference. */
export function checkSameAdvice(folder: string, before: Description, now: Description): void {
  refuse(folder, 'advice', inExperiment(before, JSON.parse(JSON.stringify(now))), otherFolder)
}

/** Returns a phrase on how an experiment and its data differ from those of a study; undefined if they do not. */
export const experimentDifference = (before: Description, now: Description): string | undefined =>
  inExperiment(before, JSON.parse(JSON.stringify(now)))

function refuse(place: string, kind: string, difference: string | undefined, other: string): void {
  if (difference === undefined) return
  throw new ArgumentError(
    `${place}: wanted the ${kind} that was begun here, got ${difference}; change it back, or choose ${other}`,
  )
}

const changed = (key: string, before: unknown, now: unknown): string | undefined =>
  JSON.stringify(before) === JSON.stringify(now)
    ? undefined
    : `${key} ${showValue(now)} where it was ${showValue(before)}`

function inExperiment(before: Description, now: Description): string | undefined {
  for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const difference = differenceOf(key, before, now, `the experiment's ${key}`)
    if (difference !== undefined) return difference
  }
  return undefined
}

/** Returns a phrase on how two designs differ, apart from a greater number of trials; undefined if they do not. */
function inDesign(before: Design, now: Design): string | undefined {
  const more = 'trials' in before && 'trials' in now && now.trials >= before.trials
  return changed('design', before, more ? { ...now, trials: before.trials } : now)
}

/** Returns a phrase on how the numbers of seeds differ; a fixed number may grow, and looks may be added to it. */
function inSeeds(before: Seeds, now: Seeds): string | undefined {
  const grown = typeof before === 'number' && firstSeeds(now) >= before
  return grown ? undefined : changed('seeds', before, now)
}

/** Returns a phrase on the first of the study's own schedules that has changed; added ones do not count. */
function inSchedules(before: Description, now: Description): string | undefined {
  const name = Object.keys(before).find((name) => before[name] !== now[name])
  return name === undefined ? undefined : changed(`schedules.${name}`, before[name], now[name])
}

/** Returns a phrase on how factors differ, if they do. Added values do not count, unless they are drawn at random. */
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
    const kept = new Set(factorValues(path, fresh[path]!)?.map(valueKey))
    const lost = factorValues(path, old[path]!)?.find((value) => !kept.has(valueKey(value)))
    if (lost !== undefined) return `factors.${path} without ${showValue(lost)}`
  }
  return undefined
}
