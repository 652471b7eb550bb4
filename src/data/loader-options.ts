import type { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { choice, custom, integer, number, type OptionsOf, required, type ValuesOf } from '../core/options.ts'
import type { Sampler } from './sampler.ts'
import type { Transform } from './transform.ts'

const has = (method: string) => (value: unknown) =>
  typeof (value as Readonly<Record<string, unknown>> | null)?.[method] === 'function'

const common = {
  /** Number of examples in a batch. */
  batchSize: required(integer({ min: 1 })),
  /** Seed of shuffling and of transforms. Without a seed, examples are not shuffled, and transforms use 0. */
  seed: number(),
  /** Drops or keeps the last batch of an epoch if it is not full. @default 'keep' */
  last: choice(['drop', 'keep'], 'keep'),
  /** Transforms of each example, applied in order, in training only. @default [] */
  transform: custom<Transform | readonly Transform[]>(
    'a transform, or a list of them',
    (value) => [value].flat().every(has('apply')),
    [],
  ),
}

const memoryOptions = {
  ...common,
  /** Chooses an epoch's examples, and their order. @default every example once */
  sampler: custom<Sampler>('a sampler', has('order')),
}

export interface LoaderOptions extends OptionsOf<typeof memoryOptions> {}

const streamOptions = {
  ...common,
  /** Number of examples in the buffer that a shuffled stream draws from at random. @default 4096 */
  shuffleBuffer: integer({ min: 1 }, 4096),
}

export interface StreamLoaderOptions extends OptionsOf<typeof streamOptions> {}

/** Options of a loader, of a data set or a stream. */
export const loaderOptions = { ...memoryOptions, ...streamOptions }

/** Options of a loader after reading: checked, with defaults. */
export type LoaderValues = ValuesOf<typeof loaderOptions>

/** Returns the error for an epoch of `count` examples, too few for one batch. */
export const noBatch = (batchSize: number, count: number): ArgumentError =>
  mismatch(
    'loader',
    `at least one batch of ${batchSize} examples`,
    count,
    "use a smaller batchSize or last: 'keep'",
  )
