import type { Data } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import type { Dataset, Field, Split } from './dataset.ts'
import { isKeptTogether } from './kept-together.ts'
import { recipeOf, withRecipe } from './recipe.ts'
import { split } from './split.ts'
import { isStream, type Sources } from './stream.ts'

/** Whether training and validation examples are in memory, and no split kept some of them together or in order. */
export const canResplit = <S extends Sources>(sources: S): sources is S & Split =>
  [sources.train, sources.validation].every((part) => !isStream(part) && !isKeptTogether(part))

/**
 * Splits training and validation examples anew, at random, in the sizes that they have; the test part stays. Classes
 * are shared out as by `split`.
 *
 * @throws {ArgumentError} when the examples are a stream, or were split `by` groups or in `order`.
 */
export function resplit<S extends Sources>(sources: S, seed: number): S {
  if (!canResplit(sources)) {
    const streamed = [sources.train, sources.validation].some(isStream)
    throw new ArgumentError(
      'resplit: wanted training and validation examples in memory that may change places, got ' +
        `${streamed ? 'a stream' : 'a split by groups or in order'}; leave the split as it is`,
    )
  }
  const { train, validation } = sources
  const joined: Dataset = {
    ...train,
    length: train.length + validation.length,
    x: joinedField(train.x, validation.x),
    y: joinedField(train.y, validation.y),
    ...(train.weights && validation.weights && { weights: joinedField(train.weights, validation.weights) }),
  }
  const whole = withRecipe(joined, recipeOf(train))
  return { ...sources, ...split(whole, { validation: validation.length, seed }) }
}

function joinedField(a: Field, b: Field): Field {
  const data = new (a.data.constructor as new (length: number) => Data)(a.data.length + b.data.length)
  ;(data as Float32Array).set(a.data as Float32Array)
  ;(data as Float32Array).set(b.data as Float32Array, a.data.length)
  return { ...a, data }
}
