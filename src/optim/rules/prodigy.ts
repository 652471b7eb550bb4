import { number, type OptionsOf, type ValuesOf } from '../../core/options.ts'
import type { Tensor } from '../../core/tensor.ts'
import { abs, add, div, mul, sqrt, sub } from '../../ops/arithmetic.ts'
import { sum } from '../../ops/broadcast.ts'
import { greater, where } from '../../ops/compare.ts'
import { elementMax } from '../norm.ts'
import { type CommonOptions, defineOptimizer } from '../optimizer.ts'
import type { Update } from '../rule.ts'
import { decay } from '../weight-decay.ts'
import { betas, epsilon } from './moment.ts'

const options = {
  ...betas,
  ...epsilon,
  ...decay,
  /** First estimate of the distance d: below the real distance from the initial weights to a solution. @default 1e-6 */
  d0: number({ above: 0 }, 1e-6),
}
type Values = ValuesOf<typeof options>

export interface ProdigyOptions extends OptionsOf<typeof options>, CommonOptions<typeof options> {}

/** Updates the moving average in the state `name` with β of its old value and, unlike `blend`, any new summand. */
const decaying = (at: Update<Values>, name: string, keep: Tensor, summand: Tensor): Tensor =>
  at.buffer(name).assign(add(mul(at.buffer(name).value, keep), summand))

/** Returns √beta2, and the factor (1 − √beta2) · lr of what enters r and s. */
const slow = ({ host, value, rate }: Update<Values>): readonly [keep: Tensor, take: Tensor] => [
  host('√beta2', (step) => Math.sqrt(value('beta2', step))),
  host('(1 − √beta2) · lr', (step) => (1 - Math.sqrt(value('beta2', step))) * rate(step)),
]

/**
 * Prodigy: Adam whose rate is multiplied by d, an estimate of the distance from the initial weights x₀ to a solution,
 * which grows while the weights keep moving in one direction. Use lr 1 or a schedule that falls from 1. With the
 * gradient g = dL/dw, d before the step, and sums over all weights:
 *
 *     m ← beta1 · m + (1 − beta1) · d · g        v ← beta2 · v + (1 − beta2) · d² · g²
 *     s ← √beta2 · s + (1 − √beta2) · lr · d² · g
 *     r ← √beta2 · r + (1 − √beta2) · lr · d² · Σ g · (x₀ − w)
 *     w ← w − lr · d · (m/(√v + d · eps) + weightDecay · w)
 *     d ← max(d, r/Σ|s|)
 *
 * The state keeps `d` and `r` under these names. A group's `beta2` changes the m, v and s of its weights; r keeps the
 * `beta2` of the model's first weight.
 *
 * Source: Mishchenko & Defazio 2024, https://arxiv.org/abs/2306.06101, algorithm 4; decoupled weight decay as in the
 * authors' implementation.
 */
export const prodigy = defineOptimizer<typeof options, ProdigyOptions>({
  type: 'prodigy',
  options,
  traits: ({ beta1 }) => ({ rescales: true, momentum: beta1, decoupled: true, testRates: [1e-2, 10] }),
  // Not elementwise: r sums over weights, and joined weights would be added in another order.
  buffers: () => ({ exp_avg: 0, exp_avg_sq: 0, s: 0, initial: 'weight' }),
  shared: ({ d0 }) => ({ d: d0, r: 0 }),
  update(at) {
    const { w, g, lr, hyper, rest, options } = at
    const d = at.shared('d').value
    const slope = mul(g, d)
    const mean = decaying(at, 'exp_avg', hyper('beta1'), mul(slope, rest('beta1')))
    const square = decaying(at, 'exp_avg_sq', hyper('beta2'), mul(mul(slope, slope), rest('beta2')))
    const [keep, take] = slow(at)
    decaying(at, 's', keep, mul(slope, mul(take, d)))
    const step = div(mean, add(sqrt(square), mul(d, options.eps)))
    const whole = options.weightDecay === 0 ? step : add(step, mul(w, hyper('weightDecay')))
    return sub(w, mul(whole, mul(lr, d)))
  },
  conclude(all) {
    const [first] = all
    if (!first) return
    const [d, r] = [first.shared('d'), first.shared('r')]
    const total = (part: (at: Update<Values>) => Tensor): Tensor => all.map(part).reduce((a, b) => add(a, b))
    const moved = total((at) => mul(sum(mul(at.g, sub(at.buffer('initial').value, at.w))), slow(at)[1]))
    const reach = r.assign(add(mul(r.value, slow(first)[0]), mul(moved, mul(d.value, d.value))))
    const size = total((at) => sum(abs(at.buffer('s').value)))
    d.assign(elementMax(d.value, where(greater(size, 0), div(reach, size), 0)))
  },
})
