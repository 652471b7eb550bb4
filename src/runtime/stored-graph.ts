import { availableParallelism } from '#platform'
import { malformed } from '../core/mismatch.ts'
import { showShape } from '../core/shape.ts'
import { foldNormalization } from '../onnx/fold.ts'
import type { GraphProto } from '../onnx/messages.ts'
import { type Graph, modelBytes, nodeProto, tensorProto } from '../onnx/proto.ts'
import { graphsIn, isExternal, readOnnx } from '../onnx/read.ts'
import { backendOf, type Device } from './device.ts'
import type { HostTensor, Session } from './session.ts'

/** The bytes of a file, and the file's name for error messages. */
export interface NamedBytes {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The tensors in a file, keyed by name, and the file's name for error messages. */
export interface NamedTensors {
  readonly name: string
  readonly tensors: ReadonlyMap<string, HostTensor>
}

/**
 * Returns an ONNX file that contains its weights, made from one that refers to `weights` in another file. Paths in
 * the ONNX file are never opened.
 *
 * @param folds whether to fold batch normalization into the convolution or matrix product before it
 * @throws {FormatError} when the file is damaged, refers to anything but weights, or the weights are of another
 *   model.
 */
export function withWeights(
  { name, bytes }: NamedBytes,
  weights: NamedTensors,
  folds: boolean = false,
): Uint8Array {
  const graph = readOnnx(bytes, name)
  const { node = [], initializer = [], output = [] } = graph
  checkContained(name, graph)
  const whole: Graph = {
    ...graph,
    node: node.map((one) => ({ ...nodeProto('', [], []), ...one })),
    output,
    initializer: initializer.map((one) => (isExternal(one) ? valued(one, name, weights) : one)),
  }
  return modelBytes(folds ? foldNormalization(whole) : whole)
}

type Constant = NonNullable<GraphProto['initializer']>[number]

/** @throws {FormatError} when anything but the top-level weights of a graph is stored in another file. */
function checkContained(name: string, graph: GraphProto): void {
  const [, ...bodies] = graphsIn(graph)
  const inside = bodies.flatMap(({ initializer = [] }) => initializer)
  const held = [graph, ...bodies].flatMap(({ node = [] }) =>
    node.flatMap(({ attribute = [] }) =>
      attribute.flatMap(({ t, tensors = [] }) => (t ? [t, ...tensors] : tensors)),
    ),
  )
  if ([...inside, ...held].some(isExternal))
    throw malformed(name, 'weights at the top of the graph', 'others that lie in another file')
}

/** Returns a constant filled with its values from the file of weights. */
function valued(constant: Constant, graph: string, { name, tensors }: NamedTensors): Constant {
  const key = constant.docString ?? ''
  const found = tensors.get(key)
  const fix = 'it is of another model'
  if (found === undefined) throw malformed(name, `${key}, which ${graph} reads`, 'no such tensor', fix)
  const made = tensorProto(constant.name ?? '', found)
  const shape = (constant.dims ?? []).map(Number)
  if (String(made.dims) === String(shape) && made.dataType === constant.dataType) return made
  const got = `${showShape(found.shape)} of ${found.dtype}`
  throw malformed(name, `${key} of ${showShape(shape)}, as in ${graph}`, got, fix)
}

/** Minimum number of weights for which several threads are faster than one. */
const many = 100_000

/** Compiles an ONNX file for a device. @throws {DeviceError} when the device cannot run it. */
export async function openOnnx(
  bytes: Uint8Array,
  { device, exact }: { readonly device?: Device | undefined; readonly exact: boolean },
): Promise<Session> {
  const threads = bytes.length < 4 * many ? 1 : Math.min(4, availableParallelism())
  return (await backendOf(device)).open(bytes, { threads, exact })
}
