import { boolean, choice, type OptionsOf, readOptions } from '../core/options.ts'
import { type Tensor, tensorOption } from '../core/tensor.ts'
import { add, div, exp, log, mul, neg, sub } from './arithmetic.ts'
import { sum } from './broadcast.ts'
import { greater, where } from './compare.ts'
import { checkAlike, reduced, reductionOptions } from './loss-reduction.ts'
import { withLink } from './loss-weight.ts'
import { softplus } from './sigmoid.ts'

/** Options of `binaryCrossEntropyWithLogits`. */
export const binaryOptions = {
  ...reductionOptions,
  /** Weight w of the loss of each logit; broadcasts to the shape of the logits. @default 1 */
  weight: tensorOption,
  /** Weight p of the positive part of the loss, such as one for each class; broadcasts. @default 1 */
  posWeight: tensorOption,
}
export interface BinaryOptions extends OptionsOf<typeof binaryOptions> {}

/**
 * Binary cross-entropy of each logit. As PyTorch's `binary_cross_entropy_with_logits`.
 *
 *     −w · (p · t · ln σ(x) + (1 − t) · ln(1 − σ(x)))    w = weight, p = posWeight, σ = sigmoid
 *
 * @param logits x, before any sigmoid
 * @param target t, from 0 to 1, of the shape and type of `logits`
 * @throws {ShapeError} when the shapes do not fit.
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  options?: BinaryOptions,
): Tensor {
  const who = 'binaryCrossEntropyWithLogits'
  const { weight, posWeight, reduction } = readOptions(who, binaryOptions, options)
  checkAlike(who, logits, target)
  // −ln σ(x) = softplus(−x) and −ln(1 − σ(x)) = x + softplus(−x)
  const yes = posWeight ? add(mul(target, sub(posWeight, 1)), 1) : 1
  const cost = add(mul(sub(1, target), logits), mul(softplus(neg(logits)), yes))
  return withLink(reduced(weight ? mul(cost, weight) : cost, reduction), { scores: logits, link: 'sigmoid' })
}

/** Options of `klDiv`. */
export const klDivOptions = {
  /**
   * How to reduce the losses of all elements. `batchmean` divides their sum by the batch size, as the divergence is
   * defined in mathematics; `none` returns them unreduced. @default 'mean'
   */
  reduction: choice(['mean', 'sum', 'none', 'batchmean'], 'mean'),
  /** Whether `target` contains log-probabilities rather than probabilities. @default false */
  logTarget: boolean(false),
}
export interface KlDivOptions extends OptionsOf<typeof klDivOptions> {}

/**
 * Kullback–Leibler divergence KL(target ‖ exp(output)), element by element. As PyTorch's `kl_div`.
 *
 *     t · (ln t − output), which is 0 where t is 0
 *
 * @param output log-probabilities
 * @param target probabilities t, or with `logTarget` their logarithms, of the shape of `output`
 * @throws {ShapeError} when the shapes differ.
 */
export function klDiv(output: Tensor, target: Tensor, options?: KlDivOptions): Tensor {
  const { reduction, logTarget } = readOptions('klDiv', klDivOptions, options)
  checkAlike('klDiv', output, target)
  const cost = logTarget
    ? mul(exp(target), sub(target, output))
    : sub(mul(target, logOrZero(target)), mul(target, output))
  if (reduction === 'batchmean') return div(sum(cost), output.shape[0] ?? 1)
  return reduced(cost, reduction)
}

/** `ln t`, but 0 where t is 0. */
const logOrZero = (t: Tensor): Tensor => log(where(greater(t, 0), t, 1))
