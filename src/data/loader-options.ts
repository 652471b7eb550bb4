import { ArgumentError } from '../core/errors.ts'
import {
  choice,
  custom,
  integer,
  number,
  type OptionsOf,
  required,
  size,
  type ValuesOf,
} from '../core/options.ts'
import type { Sampler } from './sampler.ts'
import type { Transform } from './transform.ts'

const has = (method: string) => (value: unknown) =>
  typeof (value as Readonly<Record<string, unknown>> | null)?.[method] === 'function'

const common = {
  /** Number of examples in a batch. */
  batchSize: required(size),
  /** Seed of the order and of the transforms. Without one, examples keep the order of their source. */
  seed: number(),
  /** Whether a last batch that is not full is dropped, or kept as it is. @default 'keep' */
  last: choice(['drop', 'keep'], 'keep'),
  /** Transforms of each example, applied in order. For training: evaluation has none. @default [] */
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
  /** Number of examples held back, of which a random one comes next: how far `seed` shuffles. @default 4096 */
  shuffleBuffer: integer({ min: 1 }, 4096),
}

export interface StreamLoaderOptions extends OptionsOf<typeof streamOptions> {}

/** The options of a loader, whatever its source. */
export const loaderOptions = { ...memoryOptions, ...streamOptions }

/** Options of a loader as they are read. */
export type LoaderValues = ValuesOf<typeof loaderOptions>

/** The error of `count` examples that make no batch. */
export const noBatch = (batchSize: number, count: number): ArgumentError =>
  new ArgumentError(
    `loader: wanted at least one batch of ${batchSize}, got ${count} examples; ` +
      "use a smaller batchSize or last: 'keep'",
  )
