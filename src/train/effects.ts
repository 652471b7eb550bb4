import { random } from '../core/random.ts'
import { sizeOf } from '../core/shape.ts'
import { type Batch, picked } from '../data/batch.ts'
import type { Dataset, FieldSpec } from '../data/dataset.ts'
import { valueFingerprint } from '../data/fingerprint.ts'
import { isStream, type Source, type Stream } from '../data/stream.ts'
import { transforming } from '../data/transform.ts'
import { type Controller, fold } from '../schedule/control/controller.ts'
import { parseController } from '../schedule/control/controllers.ts'
import type { Experiment } from './experiment.ts'
import { parseMetrics } from './metrics/parse.ts'

// Text cannot tell what a function computes, since it may use values from outside. So functions that a user wrote are
// told apart by their results on fixed inputs as well.

/** Maximum number of training examples that are transformed, in each of two epochs, to hash the transforms. */
const probes = 16

/** Steps at which functions of the step are evaluated: 0, 1, 2, 4, … */
const steps: readonly number[] = [0, ...Array.from({ length: 20 }, (_, i) => 2 ** i)]

/** Metric values fed to a controller to see how it reacts: they fall, stall, rise and jump. */
const metrics = [3, 2, 1.5, 1.4, ...Array<number>(30).fill(1.4), 1.6, 1.2, ...Array<number>(30).fill(1.3)]

/** Returns a hash of the result of `compute`; undefined if it throws, or if two calls return different results. */
function effectOf(compute: () => unknown): string | undefined {
  try {
    const [first, second] = [valueFingerprint(compute()), valueFingerprint(compute())]
    return first === second ? first : undefined
  } catch {
    return undefined // an error in a user's function belongs to training, which says more about it
  }
}

/** Returns a hash of a function's values at some steps; undefined if it throws or is not deterministic. */
export const valuesFingerprint = (value: (step: number) => unknown): string | undefined =>
  effectOf(() => steps.map((step) => Number(value(step))))

/** Describes a user-defined function: its source text and a hash of its values at some steps. */
export function ownFunction(value: (step: number) => unknown): object {
  const values = valuesFingerprint(value)
  return { source: String(value), ...(values !== undefined && { values }) }
}

/** Returns a hash of some training examples after the experiment's transforms; undefined without transforms. */
export function transformsFingerprint({ data, transform, seed }: Experiment): string | undefined {
  if (transform.length === 0) return undefined
  const { train } = data
  return effectOf(() => {
    const apply = transforming(train, transform, seed)
    return [0, 1].map((epoch) => {
      const indices = probedIn(train)
      const { x, y } = apply(isStream(train) ? invented(train) : picked(train, indices), indices, epoch)
      return [Array.from(x, String), Array.from(y, String)]
    })
  })
}

/** Returns the indices of up to 16 examples, spread evenly over a data set. */
function probedIn(source: Source): Int32Array {
  const count = isStream(source) ? probes : Math.min(probes, source.length)
  const length = isStream(source) ? probes : (source as Dataset).length
  return Int32Array.from({ length: count }, (_, i) => Math.floor((i * length) / count))
}

/** Makes a batch of random examples to stand for a stream's, which cannot be read in advance. */
function invented({ x, y, classes }: Stream): Batch {
  const source = random('probe')
  const fill = ({ shape, dtype }: FieldSpec, value: () => number) => {
    const length = probes * sizeOf(shape)
    const values = Float64Array.from({ length }, value)
    return dtype === 'float32'
      ? Float32Array.from(values)
      : dtype === 'int32'
        ? Int32Array.from(values)
        : values
  }
  return {
    x: fill(x, () => source.uniform()),
    y: fill(y, () => (classes === undefined ? source.uniform() : Math.floor(source.uniform(0, classes)))),
    length: probes,
  }
}

/** Describes user-defined controllers and metrics, by name; undefined if the experiment has none. */
export function ownRules({ control, metrics }: Experiment): Record<string, unknown> | undefined {
  const controllers = control.filter(({ spec }) => !isKnown(() => parseController(spec)))
  const measures = Object.entries(metrics).filter(([, { spec }]) => !isKnown(() => parseMetrics({ spec })))
  const own = [
    ...controllers.map((one, i) => [`control[${i}]`, [sourcesOf(one), controllerEffect(one)]] as const),
    ...measures.map(([name, one]) => [`metrics.${name}`, [sourcesOf(one)]] as const),
  ]
  return own.length === 0
    ? undefined
    : Object.fromEntries(own.map(([name, what]) => [name, valueFingerprint(what)]))
}

/** Whether the library can recreate an object from its spec, without user code: whether `make` succeeds. */
function isKnown(make: () => unknown): boolean {
  try {
    make()
    return true
  } catch {
    return false
  }
}

/** Returns the source texts of all functions among an object's properties. */
const sourcesOf = (object: object): string[] =>
  Object.values(object)
    .filter((value) => typeof value === 'function')
    .map(String)

/** Returns a hash of how a controller reacts to a fixed sequence of metric values. */
const controllerEffect = (controller: Controller): string | undefined =>
  effectOf(() =>
    metrics.map((_, i) => {
      const state = fold(controller, metrics.slice(0, i + 1))
      return [controller.factor(state), controller.stop(state)]
    }),
  )
