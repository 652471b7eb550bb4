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
  /** Seed for shuffling and transforms. If left out, examples are not shuffled, and transforms use seed 0. */
  seed: number(),
  /** Whether to drop or keep an epoch's last batch if it is smaller than `batchSize`. @default 'keep' */
  last: choice(['drop', 'keep'], 'keep'),
  /** Transforms to apply to each example, in this order, in training only (not in validation). @default [] */
  transform: custom<Transform | readonly Transform[]>(
    'a transform, or a list of them',
    (value) => [value].flat().every(has('apply')),
    [],
  ),
}

const memoryOptions = {
  ...common,
  /** Chooses which examples an epoch uses, and in which order. @default every example once */
  sampler: custom<Sampler>('a sampler', has('order')),
}

export interface LoaderOptions extends OptionsOf<typeof memoryOptions> {}

const streamOptions = {
  ...common,
  /** Number of examples in the buffer through which a stream is shuffled, if a seed is given. @default 4096 */
  shuffleBuffer: integer({ min: 1 }, 4096),
}

export interface StreamLoaderOptions extends OptionsOf<typeof streamOptions> {}

/** Options of a loader: those for a data set in memory, and those for a stream. */
export const loaderOptions = { ...memoryOptions, ...streamOptions }

/** Values of `loaderOptions` after they were checked and defaults filled in. */
export type LoaderValues = ValuesOf<typeof loaderOptions>

/**
 * Returns the error to throw when an epoch has only `count` examples, too few for one batch.
 *
 * @param keep option to suggest, which keeps a batch that is not full, such as `last: 'keep'`
 */
export const noBatch = (who: string, batchSize: number, count: number, keep: string): ArgumentError =>
  mismatch(who, `at least one batch of ${batchSize} examples`, count, `use a smaller batchSize or ${keep}`)
