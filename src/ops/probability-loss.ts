import type { Tensor } from '../core/tensor.ts'
import { add, div, exp, log, mul, neg, sub } from './arithmetic.ts'
import { sum } from './broadcast.ts'
import { greater, where } from './compare.ts'
import { checkAlike, type Reduced, type Reduction, reduced } from './loss-reduction.ts'
import { softplus } from './sigmoid.ts'

export interface BinaryOptions extends Reduced {
  /** What each cost is multiplied by; broadcasts. */
  readonly weight?: Tensor
  /** How much more a positive counts than a negative, one for each class; broadcasts. */
  readonly posWeight?: Tensor
}

/**
 * Cross-entropy of independent yes-or-no scores, without overflow. As PyTorch's
 * `binary_cross_entropy_with_logits`.
 *
 *     −w · (p · t · ln σ(x) + (1 − t) · ln(1 − σ(x)))
 *
 * @param logits x, before any sigmoid
 * @param target t, 0 to 1, of the shape and type of `logits`
 * @throws {ShapeError} when the shapes do not fit.
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  { weight, posWeight, reduction }: BinaryOptions = {},
): Tensor {
  checkAlike('binaryCrossEntropyWithLogits', logits, target)
  // −ln σ(x) = softplus(−x) and −ln(1 − σ(x)) = x + softplus(−x)
  const yes = posWeight ? add(mul(target, sub(posWeight, 1)), 1) : 1
  const cost = add(mul(sub(1, target), logits), mul(softplus(neg(logits)), yes))
  return reduced('binaryCrossEntropyWithLogits', weight ? mul(cost, weight) : cost, reduction)
}

export interface KlDivOptions {
  /** `batchmean` divides the sum by the first axis, which is what the definition says; `mean` by default. */
  readonly reduction?: Reduction | 'batchmean'
  /** Whether the target holds logarithms too. */
  readonly logTarget?: boolean
}

/**
 * Kullback–Leibler divergence of `target` from a distribution given by its logarithms. As PyTorch's `kl_div`.
 *
 *     t · (ln t − output), which is 0 where t is 0
 *
 * @param output logarithms of probabilities
 * @param target probabilities t of the same shape, or their logarithms
 * @throws {ShapeError} when the shapes differ.
 */
export function klDiv(
  output: Tensor,
  target: Tensor,
  { reduction, logTarget = false }: KlDivOptions = {},
): Tensor {
  checkAlike('klDiv', output, target)
  const cost = logTarget
    ? mul(exp(target), sub(target, output))
    : sub(mul(target, logOrZero(target)), mul(target, output))
  if (reduction === 'batchmean') return div(sum(cost), output.shape[0] ?? 1)
  return reduced('klDiv', cost, reduction)
}

/** `ln t`, but 0 where t is 0. */
const logOrZero = (t: Tensor): Tensor => log(where(greater(t, 0), t, 1))
