// Writes docs/porting.md: every name of torch.nn, torch.optim and torch.optim.lr_scheduler (site/torch-names.json, by
// scripts/torch-names.py), with what Evenstep has for it. Run it with `npx jiti scripts/porting.ts`.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as nn from '../src/nn/index.ts'
import { ops } from '../src/ops/namespace.ts'
import * as optim from '../src/optim/index.ts'
import * as schedule from '../src/schedule/index.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Names {
  readonly torch: string
  readonly nn: readonly string[]
  readonly optim: readonly string[]
  readonly lr_scheduler: readonly string[]
}

export const names: Names = JSON.parse(readFileSync(join(root, 'site/torch-names.json'), 'utf8'))

/** What has another name here, or is not a class: code, or a sentence without any. */
const other: Readonly<Record<string, string>> = {
  AdaptiveMaxPool1d: '`ops.adaptiveMaxPool1d`',
  AdaptiveMaxPool2d: '`ops.adaptiveMaxPool2d`',
  AvgPool3d: '`ops.avgPool3d`',
  BCEWithLogitsLoss: '`ops.binaryCrossEntropyWithLogits`',
  ConstantPad1d: '`ops.pad`',
  ConstantPad2d: '`ops.pad`',
  ConstantPad3d: '`ops.pad`',
  ConvTranspose3d: '`ops.convTranspose3d`',
  CosineEmbeddingLoss: '`ops.cosineEmbeddingLoss`',
  CosineSimilarity: '`ops.cosineSimilarity`',
  CrossEntropyLoss: '`ops.crossEntropy`',
  DataParallel: '–: see [orchestrators](orchestrators.md)',
  HingeEmbeddingLoss: '`ops.hingeEmbeddingLoss`',
  HuberLoss: '`ops.huberLoss`',
  KLDivLoss: '`ops.klDiv`',
  L1Loss: '`ops.l1Loss`',
  MaxPool3d: '`ops.maxPool3d`',
  ModuleDict: 'a field with an object of modules',
  ModuleList: 'a field with a list of modules',
  MSELoss: '`ops.mseLoss`',
  MultiMarginLoss: '`ops.multiMarginLoss`',
  NLLLoss: '`ops.nllLoss`',
  ParameterDict: 'a field with an object of `Variable`s',
  ParameterList: 'a field with a list of `Variable`s',
  SmoothL1Loss: '`ops.smoothL1Loss`',
  Unflatten: '`ops.reshape`',
  Upsample: '`ops.interpolate`',
  UpsamplingBilinear2d: '`ops.interpolate`',
  UpsamplingNearest2d: '`ops.interpolate`',
  ZeroPad1d: '`ops.pad`',
  ZeroPad2d: '`ops.pad`',
  ZeroPad3d: '`ops.pad`',
  ChainedScheduler: '`schedule.chained`',
  ConstantLR: '`schedule.constantFactor`',
  ReduceLROnPlateau: '`schedule.reduceOnPlateau`, in `control`',
}

const first = (name: string): string => name[0]!.toLowerCase() + name.slice(1)
const plain = (name: string): string => name.toLowerCase()

/** Returns what Evenstep has for a name of PyTorch, as Markdown; undefined if nothing. */
export function ours(name: string): string | undefined {
  if (other[name]) return other[name]
  if (name in nn) return `\`nn.${name}\``
  if (names.optim.includes(name)) return plain(name) in optim ? `\`optim.${plain(name)}\`` : undefined
  if (names.lr_scheduler.includes(name)) {
    const type = [first(name).replace(/LR$/, ''), first(name)].find((type) => type in schedule)
    return type && `\`schedule.${type}\``
  }
  return first(name) in ops ? `\`ops.${first(name)}\`` : undefined
}

const table = (all: readonly string[]): string =>
  [
    '| PyTorch | here |',
    '| --- | --- |',
    ...all.map((name) => `| \`${name}\` | ${ours(name) ?? '_not yet_'} |`),
  ].join('\n')

const share = (all: readonly string[]): string =>
  `${all.filter((name) => ours(name)).length} of ${all.length}`

/** Returns the page. */
export const page = (): string => `# Porting from PyTorch

Every name of \`torch.nn\`, \`torch.optim\` and \`torch.optim.lr_scheduler\` in PyTorch ${names.torch} that users construct, and what there
is for it here. Options have PyTorch's names in camelCase; state names, and so the tensors in a safetensors file, are
PyTorch's own. Losses are functions in \`ops\`, not modules. Names without a counterpart say _not yet_.

<!-- scripts/porting.ts writes the tables. -->

## torch.nn

${share(names.nn)} have a counterpart. [Layers](layers.md) tells what differs.

${table(names.nn)}

## torch.optim

${share(names.optim)} have a counterpart. [Optimizers](optimizers.md) tells what differs.

${table(names.optim)}

## torch.optim.lr_scheduler

${share(names.lr_scheduler)} have a counterpart. [Schedules](schedules.md#from-pytorch) compares values and tells what differs.

${table(names.lr_scheduler)}
`

if (process.argv[1]?.endsWith('porting.ts')) writeFileSync(join(root, 'docs/porting.md'), page())
