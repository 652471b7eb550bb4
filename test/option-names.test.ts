import { expect, test } from 'vitest'
import { checkKnown } from '../src/core/mismatch.ts'
import * as data from '../src/data/index.ts'
import * as log from '../src/log/index.ts'
import * as nn from '../src/nn/index.ts'

const few = data.dataset({ x: new Float32Array(24), y: Int32Array.of(0, 1, 0, 1, 0, 1) })
const split = { train: few, validation: few }
const numbers = (columns: number): data.Stream =>
  data.stream(() => [{ x: new Array(columns).fill(0), y: 0 }], { shape: [columns] })

async function* noEvents(): AsyncGenerator<never> {}

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
    'loader: wanted one of batchSize, seed, last, transform, sampler, shuffleBuffer, got shuffel',
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
    'stream: wanted one of shape, targetShape, dtype, fingerprint, classes, classNames, featureNames, got shap; did you mean shape?',
    (o: data.StreamOptions) => data.stream(() => [], o),
    {
      shape: [2],
      targetShape: [],
      dtype: 'float64',
      fingerprint: 'abc',
      classes: 2,
      classNames: ['a', 'b'],
      featureNames: ['p', 'q'],
    },
  ),
  row(
    'threaded: wanted one of options, ahead, got ahed; did you mean ahead?',
    (o: data.ThreadedOptions) => data.threaded(new URL('file:///none'), o),
    { options: {}, ahead: 2 },
  ),
  row(
    'nextCharacter: wanted one of context, got contxt; did you mean context?',
    (o: data.NextCharacterOptions) => data.nextCharacter(['a'], o),
    { context: 2 },
  ),
  row(
    'npz: wanted one of x, y, classes, classNames, featureNames, dtype, got dype; did you mean dtype?',
    (o: data.NumpyOptions) => data.npz('none', o),
    { x: 'x', y: 'y', classes: 2, classNames: ['a', 'b'], featureNames: ['p'], dtype: 'float64' },
  ),
  row(
    'npy: wanted one of classes, classNames, featureNames, dtype, got dype; did you mean dtype?',
    (o: OptionsOf<typeof data.npy, 2>) => data.npy('none', 'none', o),
    { classes: 2, classNames: ['a', 'b'], featureNames: ['p'], dtype: 'float64' },
  ),
  row(
    'encodeNpz: wanted one of compress, got compres; did you mean compress?',
    (o: data.NpzOptions) => data.encodeNpz({}, o),
    { compress: false },
  ),
  row(
    'writeNpz: wanted one of compress, got compres; did you mean compress?',
    (o: data.NpzOptions) => data.writeNpz('/none/none', {}, o),
    { compress: false },
  ),
  row(
    'idxImages: wanted one of classes, layout, got layot; did you mean layout?',
    (o: data.IdxOptions) => data.idxImages('none', 'none', o),
    { classes: 2, layout: 'image' },
  ),
  row(
    'digits10x10: wanted one of layout, got layot; did you mean layout?',
    (o: OptionsOf<typeof data.digits10x10, 0>) => data.digits10x10(o),
    { layout: 'image' },
  ),
  row(
    'readCifar: wanted one of classes, labels, classNames, got clases; did you mean classes?',
    (o: data.CifarOptions) => data.readCifar('none', o),
    { classes: 100, labels: 'coarse', classNames: ['a'] },
  ),
  row(
    'cifar100: wanted one of labels, got lables; did you mean labels?',
    (o: OptionsOf<typeof data.cifar100, 1>) => data.cifar100('none', o),
    { labels: 'coarse' },
  ),
  ...([data.imageFolder, data.imageFolderStream] as const).map((read) =>
    row(
      `${read.name}: wanted one of size, channels, got chanels; did you mean channels?`,
      (o: data.ImageFolderOptions) => read('none', o),
      { size: [2, 2], channels: 1 },
    ),
  ),
  row(
    'csv: wanted one of every, got evry; did you mean every?',
    (o: log.CsvLogOptions) => log.csv('none', o).next(),
    { every: 'step' },
  ),
  row(
    'tensorBoard: wanted one of task, settings, got setings; did you mean settings?',
    (o: log.TensorBoardOptions) => log.tensorBoard(noEvents(), '/dev/null/none', o).next(),
    { task: {} as never, settings: {} },
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

test('an unknown unit of normalization is refused', async () => {
  const per = 'features' as 'feature'
  const wanted = "wanted per as 'all', 'channel' or 'feature', got \"features\""
  expect(() => data.normalize(split, { per })).toThrow(`normalize: ${wanted}`)
  expect(() => data.moments(few, { per })).toThrow(`moments: ${wanted}`)
  await expect(data.streamMoments(numbers(4), { per })).rejects.toThrow(`streamMoments: ${wanted}`)
})
