import { noTensor } from '../core/calls.ts'
import { ArgumentError } from '../core/errors.ts'
import { showValue } from '../core/mismatch.ts'
import { dtypeOption, isTensor } from '../core/tensor.ts'
import type * as operators from './index.ts'

/** Checks one argument. @throws {EvenstepError} naming the operator and, unless it is the first, the argument. */
type Check = (who: string, value: unknown) => void

/** Shows an argument in an error message. */
export const showArgument = (value: unknown): string => (isTensor(value) ? 'a tensor' : showValue(value))

/** Makes a check that throws unless `test` accepts the value. If the value is a tensor, the error ends with `fix`. */
const being =
  (name: string, wanted: string, test: (value: unknown) => boolean, fix = ''): Check =>
  (who, value) => {
    if (test(value)) return
    const all = `${who}: wanted ${name}${wanted}, got ${showArgument(value)}`
    throw new ArgumentError(isTensor(value) ? `${all}${fix}` : all)
  }

const isNumber = (value: unknown): boolean => typeof value === 'number' && !Number.isNaN(value)
const isListOf =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(is)
const or =
  (...tests: readonly ((value: unknown) => boolean)[]) =>
  (value: unknown): boolean =>
    tests.some((test) => test(value))

/** Makes a check that also accepts undefined, for an optional argument. */
const maybe =
  (check: Check): Check =>
  (who, value) => {
    if (value !== undefined) check(who, value)
  }

const x: Check = (who, value) => {
  if (!isTensor(value)) throw noTensor(who, value)
}
const tensor =
  (name: string): Check =>
  (who, value) => {
    if (!isTensor(value)) throw noTensor(who, value, name)
  }
const operand =
  (name: string): Check =>
  (who, value) => {
    if (!isNumber(value) && !isTensor(value)) throw noTensor(who, value, name)
  }
const number = (name: string): Check => being(`${name} as `, 'a number', isNumber)
const integers = (name: string): Check => being(`${name} as `, 'a list of integers', isListOf(isNumber))
const lists = (name: string): Check =>
  being(`${name} as `, 'a list of lists, one for each axis', isListOf(Array.isArray))
const tensors =
  (example: string): Check =>
  (who, value) => {
    being('', 'a list of tensors', Array.isArray, `; write ${example}`)(who, value)
    for (const one of value as readonly unknown[]) x(who, one)
  }
const axes = being('axes as ', 'an axis or a list of axes', or(isNumber, isListOf(isNumber)))
const dtype: Check = (who, value) => void dtypeOption.read(who, 'dtype', value)
const sizes = being('sizes as ', 'an integer or a list of integers', or(isNumber, isListOf(isNumber)))
const oneOr = being(
  'weight as ',
  'a tensor or 1',
  or((value) => value === 1, isTensor),
)
const text = being('', 'an equation', (value) => typeof value === 'string')

const [axis, eps, weight, bias] = [number('axis'), number('eps'), tensor('weight'), tensor('bias')]
const affine = [maybe(weight), maybe(bias), eps]
const reducing = [x, maybe(axes)]
const pair = [operand('a'), operand('b')]
const against = (name: string): readonly Check[] => [x, tensor(name)]

export type OperatorName = keyof typeof operators
export type Signature = readonly Check[]

/** Returns a table that assigns the same signature to each of the named operators. */
const each = <N extends OperatorName>(names: readonly N[], signature: Signature): Record<N, Signature> =>
  Object.fromEntries(names.map((name) => [name, signature])) as Record<N, Signature>

/** Checks of each operator's arguments, in order. Operators check options and window sizes themselves. */
export const signatures: Readonly<Record<OperatorName, Signature>> = {
  ...each(['abs', 'ceil', 'cos', 'detach', 'erf', 'exp', 'expm1', 'floor', 'gelu', 'hardsigmoid'], [x]),
  ...each(['hardswish', 'isFinite', 'isNaN', 'log', 'log1p', 'logSigmoid', 'mish', 'neg', 'reciprocal'], [x]),
  ...each(['relu', 'relu6', 'round', 'selu', 'sigmoid', 'sign', 'silu', 'sin', 'sqrt', 'square'], [x]),
  ...each(
    ['tan', 'tanh', 'logicalNot', 'dropout', 'interpolate', 'avgPool1d', 'avgPool2d', 'avgPool3d'],
    [x],
  ),
  ...each(['maxPool1d', 'maxPool2d', 'maxPool3d', 'adaptiveAvgPool1d', 'adaptiveAvgPool2d'], [x]),
  ...each(['adaptiveMaxPool1d', 'adaptiveMaxPool2d'], [x]),
  ...each(['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'equal', 'greater', 'less'], pair),
  ...each(['greaterEqual', 'lessEqual', 'notEqual'], pair),
  ...each(['logicalAnd', 'logicalOr', 'logicalXor', 'matmul'], against('b')),
  ...each(['sum', 'mean', 'variance', 'max', 'min', 'prod', 'logSumExp', 'norm', 'all', 'any'], reducing),
  ...each(['squeeze'], reducing),
  ...each(['standardize', 'rootMeanSquareNorm'], [x, axes, eps]),
  ...each(['argMax', 'argMin', 'softmax', 'logSoftmax', 'sort', 'argSort', 'unbind'], [x, maybe(axis)]),
  ...each(['cumSum', 'unsqueeze'], [x, axis]),
  ...each(['expand', 'reshape'], [x, integers('shape')]),
  ...each(['conv1d', 'conv2d', 'conv3d', 'linear'], [x, weight, maybe(bias)]),
  ...each(['convTranspose1d', 'convTranspose2d', 'convTranspose3d'], [x, weight, maybe(bias)]),
  ...each(['crossEntropy', 'mseLoss', 'l1Loss', 'huberLoss', 'smoothL1Loss'], against('target')),
  ...each(['klDiv', 'binaryCrossEntropyWithLogits', 'hingeEmbeddingLoss'], against('target')),
  ...each(['nllLoss', 'accuracy', 'multiMarginLoss'], against('labels')),
  ...each(['elu', 'celu'], [x, maybe(number('alpha'))]),
  ...each(['gather', 'indexSelect'], [x, axis, tensor('index')]),
  batchNorm: [x, ...affine],
  normalizeBy: [x, tensor('mean'), tensor('variance'), ...affine],
  maskedBatchNorm: [x, tensor('mask'), ...affine],
  ghostBatchNorm: [x, number('virtualBatchSize'), ...affine],
  leakyRelu: [x, maybe(number('slope'))],
  prelu: [x, weight],
  hardtanh: [x, maybe(number('low')), maybe(number('high'))],
  softplus: [x, maybe(number('beta'))],
  clamp: [x, number('low'), maybe(number('high'))],
  where: [tensor('condition'), ...pair],
  cast: [x, dtype],
  oneHot: [x, number('classes'), maybe(dtype)],
  concat: [tensors('ops.concat([a, b])'), maybe(axis)],
  stack: [tensors('ops.stack([a, b])'), maybe(axis)],
  split: [x, sizes, maybe(axis)],
  chunk: [x, number('count'), maybe(axis)],
  roll: [x, number('shift'), axis],
  topK: [x, number('k'), maybe(axis)],
  einsum: [text, tensors("ops.einsum('ij,jk->ik', [a, b])")],
  embedding: [x, weight],
  take: [x, tensor('index')],
  scatterAdd: [x, axis, tensor('index'), tensor('source')],
  weightedLoss: [x, oneOr],
  flip: [x, axes],
  pad: [x, lists('pads')],
  slice: [x, lists('ranges')],
  transpose: [x, maybe(integers('order'))],
  flatten: [x, maybe(number('first')), maybe(number('last'))],
  tile: [x, integers('repeats')],
  cosineEmbeddingLoss: [x, tensor('b'), tensor('target')],
  cosineSimilarity: [x, tensor('b'), maybe(axis), maybe(eps)],
}
