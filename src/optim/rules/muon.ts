import { boolean, choice, number, type OptionsOf, type ValuesOf } from '../../core/options.ts'
import type { Tensor } from '../../core/tensor.ts'
import { add, div, mul, sub } from '../../ops/arithmetic.ts'
import { reshape } from '../../ops/broadcast.ts'
import { matmul } from '../../ops/matmul.ts'
import { transpose } from '../../ops/movement.ts'
import { schedulable } from '../../schedule/schedulable.ts'
import { elementMax, tensorNorm } from '../norm.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import type { Update } from '../rule.ts'
import { decayed } from '../weight-decay.ts'
import { adamStep } from './adam.ts'
import { adaptive, betas, blend, epsilon } from './moment.ts'

const options = {
  /** Decay of m, the moving average of the gradients g of a matrix: m ← momentum · m + (1 − momentum) · g. @default 0.95 */
  momentum: schedulable(number({ min: 0, below: 1 }, 0.95)),
  /** Whether to orthogonalize momentum · m + (1 − momentum) · g, as Nesterov's momentum, instead of m. @default true */
  nesterov: boolean(true),
  /** Weight decay, decoupled from the gradient: each step subtracts lr · weightDecay · w. @default 0.1 */
  weightDecay: schedulable(number({ min: 0 }, 0.1)),
  /**
   * Factor of the rate for a matrix with a rows and b columns: `matchAdamW`, 0.2 · √max(a, b), gives the step AdamW's
   * usual root mean square, so that both take the same rate; `original` is √max(1, a/b). @default 'matchAdamW'
   */
  adjustLr: choice(['matchAdamW', 'original'], 'matchAdamW'),
  /** Whether matrices take orthogonalized steps; set it to false for embeddings and the output layer. @default true */
  orthogonalize: boolean(true),
  ...betas,
  ...epsilon,
}
type Values = ValuesOf<typeof options>

export interface MuonOptions extends OptionsOf<typeof options>, CommonOptions<typeof options> {}

/** Coefficients of the quintic Newton–Schulz iteration, chosen for the steepest slope at 0 (Jordan et al. 2024). */
const [A, B, C] = [3.4445, -4.775, 2.0315]
const ITERATIONS = 5

const isMatrix = (shape: readonly number[], { orthogonalize }: Pick<Values, 'orthogonalize'>): boolean =>
  orthogonalize && shape.length > 1

/** Returns roughly U·Vᵀ of a matrix with the singular value decomposition U·S·Vᵀ: singular values of 0.7 to 1.2. */
function orthogonalized(matrix: Tensor): Tensor {
  const [rows = 1, columns = 1] = matrix.shape
  const wide = rows > columns ? transpose(matrix) : matrix
  let x = div(wide, elementMax(tensorNorm(wide), 1e-7))
  for (let i = 0; i < ITERATIONS; i++) {
    const gram = matmul(x, transpose(x))
    x = add(mul(x, A), matmul(add(mul(gram, B), mul(matmul(gram, gram), C)), x))
  }
  return rows > columns ? transpose(x) : x
}

/** Returns the orthogonalized step of a weight, of which all axes but the first count as columns. */
function matrixStep(at: Update<Values>): Tensor {
  const { options, g, w, hyper, rest, lr } = at
  const m = blend(at, 'momentum_buffer', 'momentum', g)
  const slope = options.nesterov ? add(mul(m, hyper('momentum')), mul(g, rest('momentum'))) : m
  const rows = w.shape[0]!
  const columns = w.shape.slice(1).reduce((a, b) => a * b, 1)
  const step = reshape(orthogonalized(reshape(slope, [rows, columns])), w.shape)
  const factor =
    options.adjustLr === 'original'
      ? Math.sqrt(Math.max(1, rows / columns))
      : 0.2 * Math.sqrt(Math.max(rows, columns))
  return mul(step, mul(lr, factor))
}

/**
 * Muon: each step of a matrix w has orthogonal rows or columns of about equal length; other weights take AdamW's steps.
 * Like PyTorch's `optim.Muon`, but in the weights' own precision instead of bfloat16. With the gradient g = dL/dw:
 *
 *     m ← momentum · m + (1 − momentum) · g
 *     u ← momentum · m + (1 − momentum) · g                             (u ← m without nesterov)
 *     X ← u/‖u‖, then five times X ← 3.4445·X − 4.775·(X·Xᵀ)·X + 2.0315·(X·Xᵀ)²·X
 *     w ← w · (1 − lr · weightDecay) − lr · adjustment · X
 *
 * The kernels of a convolution count as one matrix with a row per output channel. Weights with one axis (biases, γ and
 * β), and those whose group sets `orthogonalize: false`, are updated as by `adamw` with `beta1`, `beta2` and `eps`.
 * The authors exclude embeddings and the output layer: `groups: [{ match: '^(embedding|head)', orthogonalize: false }]`.
 *
 * Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/; the adjustment `matchAdamW`: Liu et al. 2025,
 * https://arxiv.org/abs/2502.16982, equation 4.
 */
export const muon = defineOptimizer<typeof options, MuonOptions>({
  type: 'muon',
  options,
  traits: ({ momentum }) => ({ ...adaptive, momentum, decoupled: true }),
  buffers: (own, shape) => (isMatrix(shape, own) ? { momentum_buffer: 0 } : { exp_avg: 0, exp_avg_sq: 0 }),
  update: (at) => sub(decayed(at), isMatrix(at.w.shape, at.options) ? matrixStep(at) : adamStep(at, at.g)),
})
