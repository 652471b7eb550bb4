import { expect, test } from 'vitest'
import { checkKnown } from '../src/core/mismatch.ts'
import { input } from '../src/core/tensor.ts'
import * as data from '../src/data/index.ts'
import * as nn from '../src/nn/index.ts'
import * as ops from '../src/ops/index.ts'

const few = data.dataset({ x: new Float32Array(24), y: Int32Array.of(0, 1, 0, 1, 0, 1) })
const split = { train: few, validation: few }
const numbers = (columns: number): data.Stream =>
  data.stream(() => [{ x: new Array(columns).fill(0), y: 0 }], { shape: [columns] })

/** A mistake's message, what takes the options, and each option that it documents: the compiler misses none. */
type Row = readonly [wanted: string, make: (options: never) => unknown, every: object]
const row = <O extends object>(
  wanted: string,
  make: (options: O) => unknown,
  every: Required<NoInfer<O>>,
): Row => [wanted, make, every]

type OptionsOf<F extends (...args: never[]) => unknown, At extends number> = NonNullable<Parameters<F>[At]>
type MadeWith<F extends new (...args: never[]) => unknown, At extends number> = NonNullable<
  ConstructorParameters<F>[At]
>

const table = {
  label: 'y',
  target: 'y',
  features: ['x'],
  shape: [1],
  classNames: ['a', 'b'],
  classes: 2,
  missing: 'drop',
  dtype: 'float32',
} as const
const columns = 'label, target, features, shape, classNames, classes, missing, dtype'
const csv = { ...table, header: true, delimiter: ';' }
const missing = 'got mising; did you mean missing?'

const batchNorm: Required<nn.BatchNormOptions> = {
  eps: 1e-5,
  momentum: 0.1,
  affine: true,
  trackRunningStats: true,
  zeroDebias: false,
  fullBatchSize: 8,
  nonFinite: 'allow',
  virtualBatchSize: 4,
  renorm: {},
}
const batchNormNames =
  'eps, momentum, affine, trackRunningStats, zeroDebias, fullBatchSize, nonFinite, virtualBatchSize, renorm'
const instanceNorm = { eps: 1e-5, momentum: 0.1, affine: true, trackRunningStats: true }
const instanceNormNames = 'eps, momentum, affine, trackRunningStats'
const conv = { stride: 1, padding: 0, dilation: 1, groups: 1, bias: true, paddingMode: 'zeros' } as const
const convNames = 'stride, dilation, groups, padding, bias, paddingMode'
const transposed = { stride: 1, padding: 0, dilation: 1, groups: 1, bias: true, outputPadding: 0 }
const transposedNames = 'stride, dilation, groups, padding, outputPadding, bias'
const recurrent = { numLayers: 1, bias: true, batchFirst: true, bidirectional: false }
const recurrentNames = 'numLayers, bias, batchFirst, bidirectional'
const bias = 'got bais; did you mean bias?'
const momentum = 'got momentun; did you mean momentum?'

const x = input([2, 3])
const labels = input([2], 'int64')
const image = input([2, 4, 6])
const sequence = input([5, 4, 3])
const window = { stride: 1, dilation: 1, groups: 1, padding: 0 }
const stride = 'got strid; did you mean stride?'
const pool = { stride: 1, padding: 0, ceilMode: false }
const keepDims = 'got keepdim; did you mean keepDims?'
const reduced = { reduction: 'sum' } as const
const reduction = 'got reductoin; did you mean reduction?'
const axes = [-1]

const rows: readonly Row[] = [
  row(
    `csv: wanted one of ${columns}, header, delimiter, ${missing}`,
    (o: data.CsvOptions) => data.csv('none', o),
    csv,
  ),
  row(
    `parseCsv: wanted one of ${columns}, header, delimiter, ${missing}`,
    (o: data.CsvOptions) => data.parseCsv('x,y\n1,a', 'text', o),
    csv,
  ),
  row(
    `csvStream: wanted one of ${columns}, header, delimiter, ${missing}`,
    (o: data.CsvOptions) => data.csvStream('none', o),
    csv,
  ),
  row(
    `parquet: wanted one of ${columns}, ${missing}`,
    (o: data.TableOptions) => data.parquet('none', o),
    table,
  ),
  row(
    `parquetStream: wanted one of ${columns}, ${missing}`,
    (o: data.TableOptions) => data.parquetStream('none', o),
    table,
  ),
  row(
    'split: wanted one of validation, seed, stratify, got stratfy; did you mean stratify?',
    (o: data.SplitOptions) => data.split(few, o),
    { validation: 2, seed: 0, stratify: false },
  ),
  row(
    'kFold: wanted one of folds, seed, stratify, got fold; did you mean folds?',
    (o: data.KFoldOptions) => [...data.kFold(few, o)],
    { folds: 2, seed: 0, stratify: false },
  ),
  row(
    'normalize: wanted one of per, got pr; did you mean per?',
    (o: data.NormalizeOptions) => data.normalize(split, o),
    { per: 'feature' },
  ),
  row(
    'moments: wanted one of per, got pr; did you mean per?',
    (o: data.NormalizeOptions) => data.moments(few, o),
    { per: 'channel' },
  ),
  row(
    'streamMoments: wanted one of per, got pr; did you mean per?',
    (o: data.NormalizeOptions) => data.streamMoments(numbers(4), o),
    { per: 'all' },
  ),
  row(
    'loader: wanted one of batchSize, seed, last, sampler, shuffleBuffer, transform, got shuffel',
    (o: data.LoaderOptions & data.StreamLoaderOptions) => data.loader(few, o),
    {
      batchSize: 2,
      seed: 0,
      last: 'drop',
      sampler: data.weightedSampler([1]),
      shuffleBuffer: 4,
      transform: [],
    },
  ),
  row(
    'dataset: wanted one of x, y, shape, targetShape, classes, classNames, featureNames, got clases; did you mean classes?',
    data.dataset,
    {
      x: new Float32Array(4),
      y: Int32Array.of(0, 1),
      shape: [2],
      targetShape: [],
      classes: 2,
      classNames: ['a', 'b'],
      featureNames: ['p', 'q'],
    },
  ),
  row(
    'weightedSampler: wanted one of replacement, count, got replacment; did you mean replacement?',
    (o: data.WeightedSamplerOptions) => data.weightedSampler([1, 2], o),
    { replacement: false, count: 1 },
  ),
  row(
    'randomCrop: wanted one of padding, fill, got pading; did you mean padding?',
    (o: OptionsOf<typeof data.randomCrop, 0>) => data.randomCrop(o),
    { padding: 1, fill: 0 },
  ),
  row(
    'cutout: wanted one of size, fill, got sise; did you mean size?',
    (o: OptionsOf<typeof data.cutout, 0>) => data.cutout(o),
    { size: 2, fill: 0 },
  ),
  row(
    'horizontalFlip: wanted one of probability, got p',
    (o: OptionsOf<typeof data.horizontalFlip, 0>) => data.horizontalFlip(o),
    { probability: 0.5 },
  ),
  row(
    'mixup: wanted one of alpha, got alfa; did you mean alpha?',
    (o: OptionsOf<typeof data.mixup, 0>) => data.mixup(o),
    { alpha: 0.2 },
  ),
  ...([nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d] as const).map((Kind) =>
    row(
      `${Kind.name}: wanted one of ${batchNormNames}, ${momentum}`,
      (o: nn.BatchNormOptions) => new Kind(4, o),
      batchNorm,
    ),
  ),
  row(
    'BatchNorm1d: renorm: wanted one of rMax, dMax, got rmax; did you mean rMax?',
    (renorm: nn.Renorm) => new nn.BatchNorm1d(4, { renorm }),
    { rMax: 3, dMax: 5 },
  ),
  ...([nn.InstanceNorm1d, nn.InstanceNorm2d] as const).map((Kind) =>
    row(
      `${Kind.name}: wanted one of ${instanceNormNames}, ${momentum}`,
      (o: nn.InstanceNormOptions) => new Kind(4, o),
      instanceNorm,
    ),
  ),
  row(
    'LayerNorm: wanted one of eps, elementwiseAffine, bias, got affine',
    (o: nn.LayerNormOptions) => new nn.LayerNorm(4, o),
    { eps: 1e-5, elementwiseAffine: true, bias: true },
  ),
  row(
    'RMSNorm: wanted one of eps, elementwiseAffine, got epsilon',
    (o: nn.RMSNormOptions) => new nn.RMSNorm(4, o),
    { eps: 1e-5, elementwiseAffine: true },
  ),
  row(
    'GroupNorm: wanted one of eps, affine, got afine; did you mean affine?',
    (o: nn.GroupNormOptions) => new nn.GroupNorm(2, 4, o),
    { eps: 1e-5, affine: true },
  ),
  row(`Linear: wanted one of bias, ${bias}`, (o: MadeWith<typeof nn.Linear, 2>) => new nn.Linear(4, 4, o), {
    bias: false,
  }),
  ...([nn.Conv1d, nn.Conv2d, nn.Conv3d] as const).map((Kind) =>
    row(
      `${Kind.name}: wanted one of ${convNames}, ${bias}`,
      (o: nn.ConvOptions) => new Kind(4, 4, 3, o),
      conv,
    ),
  ),
  ...([nn.ConvTranspose1d, nn.ConvTranspose2d] as const).map((Kind) =>
    row(
      `${Kind.name}: wanted one of ${transposedNames}, ${bias}`,
      (o: nn.ConvTransposeOptions) => new Kind(4, 4, 3, o),
      transposed,
    ),
  ),
  row(
    'Dropout: wanted one of seed, got sed; did you mean seed?',
    (o: MadeWith<typeof nn.Dropout, 1>) => new nn.Dropout(0.5, o),
    { seed: 1 },
  ),
  row(
    'Embedding: wanted one of paddingIdx, got paddingIndex; did you mean paddingIdx?',
    (o: nn.EmbeddingOptions) => new nn.Embedding(4, 2, o),
    { paddingIdx: 0 },
  ),
  row(
    'MultiheadAttention: wanted one of bias, kdim, vdim, batchFirst, got batchfirst; did you mean batchFirst?',
    (o: nn.MultiheadAttentionOptions) => new nn.MultiheadAttention(4, 2, o),
    { bias: true, kdim: 4, vdim: 4, batchFirst: true },
  ),
  row(
    `RNN: wanted one of ${recurrentNames}, nonlinearity, got nonlinearty; did you mean nonlinearity?`,
    (o: nn.RNNOptions) => new nn.RNN(4, 4, o),
    { ...recurrent, nonlinearity: 'relu' },
  ),
  ...([nn.LSTM, nn.GRU] as const).map((Kind) =>
    row(
      `${Kind.name}: wanted one of ${recurrentNames}, got nonlinearity`,
      (o: nn.RecurrentOptions) => new Kind(4, 4, o),
      recurrent,
    ),
  ),
  row(
    'LeakyReLU: wanted one of negativeSlope, got slope',
    (o: MadeWith<typeof nn.LeakyReLU, 0>) => new nn.LeakyReLU(o),
    {
      negativeSlope: 0.1,
    },
  ),
  row(
    'PReLU: wanted one of numParameters, init, got inti; did you mean init?',
    (o: nn.PReLUOptions) => new nn.PReLU(o),
    {
      numParameters: 2,
      init: 0.1,
    },
  ),
  ...([nn.ELU, nn.CELU] as const).map((Kind) =>
    row(
      `${Kind.name}: wanted one of alpha, got alfa; did you mean alpha?`,
      (o: { alpha?: number }) => new Kind(o),
      {
        alpha: 1,
      },
    ),
  ),
  row(
    'GELU: wanted one of approximate, got aproximate; did you mean approximate?',
    (o: ops.GeluOptions) => new nn.GELU(o),
    {
      approximate: 'tanh',
    },
  ),
  row(
    'Softplus: wanted one of beta, got bta; did you mean beta?',
    (o: { beta?: number }) => new nn.Softplus(o),
    { beta: 2 },
  ),
  row(
    'Hardtanh: wanted one of minVal, maxVal, got min_val; did you mean minVal?',
    (o: { minVal?: number; maxVal?: number }) => new nn.Hardtanh(o),
    { minVal: 0, maxVal: 1 },
  ),
  ...([nn.Softmax, nn.LogSoftmax] as const).map((Kind) =>
    row(`${Kind.name}: wanted one of dim, got dm; did you mean dim?`, (o: { dim?: number }) => new Kind(o), {
      dim: 1,
    }),
  ),
  ...([nn.MaxPool1d, nn.MaxPool2d] as const).map((Kind) =>
    row(
      `${Kind.name}: wanted one of stride, padding, ceilMode, dilation, ${stride}`,
      (o: ops.MaxPoolOptions) => new Kind(2, o),
      { ...pool, dilation: 1 },
    ),
  ),
  ...([nn.AvgPool1d, nn.AvgPool2d] as const).map((Kind) =>
    row(
      `${Kind.name}: wanted one of stride, padding, ceilMode, countIncludePad, ${stride}`,
      (o: ops.AveragePoolOptions) => new Kind(2, o),
      { ...pool, countIncludePad: true },
    ),
  ),
  row(
    'GRU: wanted one of lengths, hidden, cell, got lenghts; did you mean lengths?',
    (o: nn.UnrollOptions) => new nn.GRU(3, 4).forward(sequence, 'eval', o),
    { lengths: labels, hidden: x, cell: x },
  ),
  row(
    'MultiheadAttention: wanted one of key, value, keyPaddingMask, attnMask, got mask',
    (o: nn.AttentionInputs) => new nn.MultiheadAttention(3, 1).forward(sequence, 'eval', o),
    { key: sequence, value: sequence, keyPaddingMask: x, attnMask: x },
  ),
  ...Object.entries({ kaimingUniform: nn.init.kaimingUniform, kaimingNormal: nn.init.kaimingNormal }).map(
    ([name, op]) =>
      row(
        `${name}: wanted one of a, mode, nonlinearity, got moed; did you mean mode?`,
        (o: nn.init.Kaiming) => op(o),
        {
          a: 0,
          mode: 'fanIn',
          nonlinearity: 'relu',
        },
      ),
  ),
  row(
    'summary: wanted one of dtype, got dtpe; did you mean dtype?',
    (o: nn.SummaryOptions) => nn.summary(new nn.ReLU(), [2, 3], o),
    { dtype: 'float64' },
  ),
  row(
    'fromKeras: wanted one of momentum, epsilon, center, scale, got centre; did you mean center?',
    (o: nn.KerasBatchNormalization) => nn.fromKeras(o),
    { momentum: 0.9, epsilon: 1e-3, center: true, scale: true },
  ),
  ...Object.entries({ conv1d: ops.conv1d, conv2d: ops.conv2d, conv3d: ops.conv3d }).map(([name, op]) =>
    row(
      `${name}: wanted one of stride, dilation, groups, padding, ${stride}`,
      (o: ops.ConvolutionOptions) => op(image, image, undefined, o),
      window,
    ),
  ),
  ...Object.entries({
    convTranspose1d: ops.convTranspose1d,
    convTranspose2d: ops.convTranspose2d,
    convTranspose3d: ops.convTranspose3d,
  }).map(([name, op]) =>
    row(
      `${name}: wanted one of stride, dilation, groups, padding, outputPadding, ${stride}`,
      (o: ops.ConvolutionTransposeOptions) => op(image, image, undefined, o),
      { ...window, outputPadding: 0 },
    ),
  ),
  ...Object.entries({ maxPool1d: ops.maxPool1d, maxPool2d: ops.maxPool2d, maxPool3d: ops.maxPool3d }).map(
    ([name, op]) =>
      row(
        `${name}: wanted one of stride, padding, ceilMode, dilation, ${stride}`,
        (o: ops.MaxPoolOptions) => op(image, 2, o),
        { ...pool, dilation: 1 },
      ),
  ),
  ...Object.entries({ avgPool1d: ops.avgPool1d, avgPool2d: ops.avgPool2d, avgPool3d: ops.avgPool3d }).map(
    ([name, op]) =>
      row(
        `${name}: wanted one of stride, padding, ceilMode, countIncludePad, ${stride}`,
        (o: ops.AveragePoolOptions) => op(image, 2, o),
        { ...pool, countIncludePad: true },
      ),
  ),
  row(
    'interpolate: wanted one of size, scaleFactor, mode, alignCorners, got scale',
    (o: ops.InterpolateOptions) => ops.interpolate(image, o),
    { size: 3, scaleFactor: 2, mode: 'linear', alignCorners: true },
  ),
  row(
    'dropout: wanted one of seed, layer, got sed; did you mean seed?',
    (o: ops.DropoutOptions) => ops.dropout(x, 0, o),
    { seed: 1, layer: 'fc1' },
  ),
  row(
    'pad: wanted one of mode, value, got valeu; did you mean value?',
    (o: ops.PadOptions) =>
      ops.pad(
        x,
        [
          [1, 1],
          [0, 0],
        ],
        o,
      ),
    { mode: 'constant', value: 1 },
  ),
  row('gelu: wanted one of approximate, got tanh', (o: ops.GeluOptions) => ops.gelu(x, o), {
    approximate: 'tanh',
  }),
  ...Object.entries({
    sum: ops.sum,
    mean: ops.mean,
    max: ops.max,
    min: ops.min,
    prod: ops.prod,
    logSumExp: ops.logSumExp,
  }).map(([name, op]) =>
    row(`${name}: wanted one of keepDims, ${keepDims}`, (o: { keepDims?: boolean }) => op(x, axes, o), {
      keepDims: true,
    }),
  ),
  ...Object.entries({ any: ops.any, all: ops.all }).map(([name, op]) =>
    row(
      `${name}: wanted one of keepDims, ${keepDims}`,
      (o: { keepDims?: boolean }) => op(ops.greater(x, 0), axes, o),
      { keepDims: true },
    ),
  ),
  row(
    `variance: wanted one of keepDims, correction, ${keepDims}`,
    (o: ops.VarianceOptions) => ops.variance(x, axes, o),
    { keepDims: true, correction: 0 },
  ),
  row(`norm: wanted one of keepDims, p, ${keepDims}`, (o: ops.NormOptions) => ops.norm(x, axes, o), {
    keepDims: true,
    p: 1,
  }),
  row('topK: wanted one of largest, got smallest', (o: ops.TopKOptions) => ops.topK(x, 1, 0, o), {
    largest: false,
  }),
  ...Object.entries({ sort: ops.sort, argSort: ops.argSort }).map(([name, op]) =>
    row(`${name}: wanted one of descending, got desc`, (o: ops.SortOptions) => op(x, 0, o), {
      descending: true,
    }),
  ),
  ...Object.entries({ mseLoss: ops.mseLoss, l1Loss: ops.l1Loss }).map(([name, op]) =>
    row(
      `${name}: wanted one of reduction, ${reduction}`,
      (o: Partial<typeof reduced>) => op(x, x, o),
      reduced,
    ),
  ),
  row(
    `huberLoss: wanted one of reduction, delta, ${reduction}`,
    (o: ops.HuberOptions) => ops.huberLoss(x, x, o),
    {
      ...reduced,
      delta: 1,
    },
  ),
  row(
    `smoothL1Loss: wanted one of reduction, beta, ${reduction}`,
    (o: ops.SmoothL1Options) => ops.smoothL1Loss(x, x, o),
    { ...reduced, beta: 1 },
  ),
  row(
    'crossEntropy: wanted one of reduction, weight, ignoreIndex, labelSmoothing, got label_smoothing; did you mean labelSmoothing?',
    (o: ops.CrossEntropyOptions) => ops.crossEntropy(x, labels, o),
    { ...reduced, weight: [1, 1, 1], ignoreIndex: 0, labelSmoothing: 0.1 },
  ),
  row(
    'nllLoss: wanted one of reduction, weight, ignoreIndex, got ignore_index; did you mean ignoreIndex?',
    (o: OptionsOf<typeof ops.nllLoss, 2>) => ops.nllLoss(x, labels, o),
    { ...reduced, weight: [1, 1, 1], ignoreIndex: 0 },
  ),
  row(
    'klDiv: wanted one of reduction, logTarget, got log_target; did you mean logTarget?',
    (o: ops.KlDivOptions) => ops.klDiv(x, x, o),
    { reduction: 'batchmean', logTarget: true },
  ),
  row(
    'binaryCrossEntropyWithLogits: wanted one of reduction, weight, posWeight, got pos_weight; did you mean posWeight?',
    (o: ops.BinaryOptions) => ops.binaryCrossEntropyWithLogits(x, x, o),
    { ...reduced, weight: x, posWeight: x },
  ),
  row(
    'multiMarginLoss: wanted one of reduction, margin, weight, p, got margn; did you mean margin?',
    (o: ops.MultiMarginOptions) => ops.multiMarginLoss(x, labels, o),
    { ...reduced, margin: 1, weight: [1, 1, 1], p: 2 },
  ),
  row(
    'hingeEmbeddingLoss: wanted one of reduction, margin, got margn; did you mean margin?',
    (o: ops.HingeOptions) => ops.hingeEmbeddingLoss(x, x, o),
    { ...reduced, margin: 1 },
  ),
  row(
    'cosineEmbeddingLoss: wanted one of reduction, margin, got margn; did you mean margin?',
    (o: ops.CosineOptions) => ops.cosineEmbeddingLoss(x, x, labels, o),
    { ...reduced, margin: 0.5 },
  ),
]

/** What making something says is wrong. */
async function messageOf(make: (options: never) => unknown, options: object): Promise<string> {
  try {
    await make(options as never)
    return 'nothing'
  } catch (error) {
    return (error as Error).message
  }
}

test.each(rows)('%s', async (wanted, make, every) => {
  const slip = / got (\w+)/.exec(wanted)![1]!
  const unknown = wanted.slice(0, wanted.indexOf(', got'))
  expect(await messageOf(make, { [slip]: 1 })).toBe(wanted)
  expect(await messageOf(make, every)).not.toContain(': wanted one of ')
  expect(unknown.split(' one of ')[1]!.split(', ').sort()).toEqual(Object.keys(every).sort())
})

test('a list of options that lacks one, or has one too many, does not compile', () => {
  const options: nn.GroupNormOptions = {}
  // @ts-expect-error affine is not there
  checkKnown('GroupNorm', options, { eps: true })
  // @ts-expect-error bias is no option
  checkKnown('GroupNorm', options, { eps: true, affine: true, bias: true })
  expect(() => checkKnown('GroupNorm', options, { eps: true, affine: true })).not.toThrow()
})

test('a unit to normalise by that is none is told so', async () => {
  const per = 'features' as 'feature'
  const wanted = 'wanted per as one of all, channel, feature, got features; did you mean feature?'
  expect(() => data.normalize(split, { per })).toThrow(`normalize: ${wanted}`)
  expect(() => data.moments(few, { per })).toThrow(`moments: ${wanted}`)
  await expect(data.streamMoments(numbers(4), { per })).rejects.toThrow(`streamMoments: ${wanted}`)
})
