import { abortSignal } from '../../core/abort.ts'
import { allocate } from '../../core/dtype.ts'
import { ArgumentError } from '../../core/errors.ts'
import { checkFields } from '../../core/mismatch.ts'
import { choice, type OptionsOf, readOptions, size } from '../../core/options.ts'
import { misfit, sizeOf } from '../../core/shape.ts'
import { checkModel, variables } from '../../core/state.ts'
import type { Tensor } from '../../core/tensor.ts'
import { picked } from '../../data/batch.ts'
import type { Dataset } from '../../data/dataset.ts'
import { namesOf } from '../../data/names.ts'
import { isStream, type Source } from '../../data/stream.ts'
import { type Mode, type Module, modelOutput } from '../../nn/module.ts'
import { compile } from '../../runtime/compile.ts'
import { devices } from '../../runtime/device.ts'
import { graphFingerprint } from '../../runtime/fingerprint.ts'
import { threadCount } from '../../runtime/threads.ts'
import { type Traced, traceStep } from '../../runtime/traced.ts'
import { batchInput, castFloat, computeDType } from '../graphs.ts'

const options = {
  /** Number of examples to compute at once; does not affect the results but for rounding. @default 64 */
  batchSize: { ...size, fallback: 64 },
  /** Device to compute on. @default the CPU, with native code where available */
  device: choice(devices),
  /** Maximum number of CPU threads per operator. @default 1 to 4, the fastest in the first calls */
  threads: threadCount,
  /** Abort signal that stops between two batches. */
  signal: abortSignal(),
}

export interface FeatureOptions extends OptionsOf<typeof options> {}

/**
 * Computes the outputs of a locked model for all examples of a data set, once. Training a head on these features gives
 * the same numbers, up to rounding, as training `new nn.Sequential(body, head)`, since the outputs of a locked body
 * change in no step; but each step computes the head alone. With transforms such as random crops, which make other
 * examples in each epoch, train body and head together.
 *
 * @param body model with weights, all of them locked: `nn.requiresGrad(body, false)`
 * @returns a data set with the outputs as `x`, and the targets, classes and weights of `source`
 * @throws {ArgumentError} when a weight is not locked, the body computes something else in training than in
 *   evaluation, as dropout does, or `source` is a stream or has several inputs.
 * @throws the reason of `signal`, once it is aborted.
 * @example
 * const body = nn.requiresGrad(nn.initialize(new nn.Linear(100, 8), 0), false)
 * const cached = await train.features(body, split.train)
 */
export async function features(body: Module, source: Dataset, given?: FeatureOptions): Promise<Dataset> {
  const { batchSize, device, threads, signal } = readOptions('features', options, given)
  checkModel(body)
  checkFields('features', 'a data set', source, 'x', 'y')
  checkSource(source)
  checkLocked(body)
  const rows = Math.min(batchSize, source.length)
  const inputs = { x: batchInput(source.x, rows) }
  const dtype = computeDType(body)
  const outputIn =
    (mode: Mode) =>
    ({ x }: Readonly<Record<string, Tensor>>): Record<'y', Tensor> => ({
      y: modelOutput(body, castFloat(x!, dtype), mode),
    })
  checkModes(traceStep(inputs, outputIn('train')), traceStep(inputs, outputIn('eval')))
  const compute = await compile(inputs, outputIn('eval'), { device, threads })
  const { shape, dtype: made } = compute.traced.outputs.get('result:y')!
  if (shape[0] !== rows) throw misfit('features', `an output for each of ${rows} examples`, shape)
  const width = sizeOf(shape.slice(1))
  const data = allocate(made, source.length * width)
  for (let at = 0; at < source.length; at += rows) {
    signal?.throwIfAborted()
    // The last batch is filled up with its last example, so that one graph computes all.
    const indices = Int32Array.from({ length: rows }, (_, i) => Math.min(at + i, source.length - 1))
    const { y } = await compute({ x: picked(source, indices).x })
    data.set(y.subarray(0, (Math.min(source.length, at + rows) - at) * width) as never, at * width)
  }
  const { featureNames: _, categories: __, ...names } = source
  const { y, weights } = source
  const x = { shape: shape.slice(1), dtype: made, data }
  return { length: source.length, x, y, ...(weights && { weights }), ...namesOf(names) }
}

/** @throws {ArgumentError} when features of the data cannot be kept in memory, or the body takes several inputs. */
function checkSource(source: Source): void {
  if (!isStream(source) && !source.x.tensors) return
  const got = isStream(source) ? 'a stream' : 'several inputs by name'
  const fix = 'train body and head together'
  throw new ArgumentError(`features: wanted a data set with one input, got ${got}; ${fix}`)
}

/** @throws {ArgumentError} when the body computes something else in training than in evaluation. */
function checkModes(train: Traced, evaluation: Traced): void {
  if (graphFingerprint(train) === graphFingerprint(evaluation)) return
  const fix = 'leave dropout out, and freeze normalizations without scale and shift'
  throw new ArgumentError(
    `features: wanted a body that computes the same in training and evaluation, got another; ${fix}`,
  )
}

/** @throws {ArgumentError} when a weight of the body is not locked. */
function checkLocked(body: Module): void {
  const learning = [...variables(body)].find(([, { trainable }]) => trainable)
  if (learning === undefined) return
  const fix = 'lock it with nn.requiresGrad(body, false)'
  throw new ArgumentError(`features: wanted a locked body, got one that learns ${learning[0]}; ${fix}`)
}
