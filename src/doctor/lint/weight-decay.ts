import { maxOf } from '../../core/vector.ts'
import type { Traits } from '../../optim/traits.ts'
import { equilibrium } from '../../optim/weight-rule.ts'
import { short } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'
import { type LintRule, list } from './rule.ts'

// The treatment of weights by the optimizer.

/** The decayed weights. */
function decayed(plan: Subject): readonly Decayed[] {
  return [...plan.trained].flatMap(([name, { shape }]) => {
    const { traits, rates, weightDecay } = plan.rule(name)
    const lambda = maxOf(rates.map((_, step) => weightDecay(step)))
    return lambda > 0 ? [{ name, rank: shape.length, lambda, traits }] : []
  })
}

interface Decayed {
  readonly name: string
  readonly rank: number
  /** Greatest λ of the run. */
  readonly lambda: number
  readonly traits: Traits
}

export const decayOnVectors: LintRule = {
  name: 'decay-on-vectors',
  title: 'weight decay on γ, β or biases',
  source:
    'Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 5.1; Li & Arora 2019, https://arxiv.org/abs/1910.07454',
  look(plan) {
    const vectors = decayed(plan).filter(({ rank }) => rank <= 1)
    if (vectors.length === 0) return []
    const advice = `the weight decay of ${short(vectors[0]!.lambda)} is also on ${list(vectors.map(({ name }) => name))}: leave γ, β and biases out with groups: optim.noDecayOnNormAndBias()`
    return [{ severity: 'note', advice }]
  },
}

export const penaltyInAdam: LintRule = {
  name: 'penalty-in-adam',
  title: 'an L2 penalty under an optimizer that rescales gradients',
  source: 'Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101',
  look(plan) {
    const first = decayed(plan).find(({ traits }) => traits.rescales && !traits.decoupled)
    if (!first) return []
    const advice = `${first.traits.type} divides the penalty of ${short(first.lambda)} by the gradient's size, so that it decays least where gradients are large: use adamw`
    return [{ severity: 'warning', advice }]
  },
}

export const trustOnVectors: LintRule = {
  name: 'trust-on-vectors',
  title: 'rates that follow the norm of γ, β or a bias',
  source:
    'You et al. 2020, https://arxiv.org/abs/1904.00962; You, Gitman & Ginsburg 2017, https://arxiv.org/abs/1708.03888',
  look(plan) {
    const vectors = [...plan.trained]
      .filter(([name, { shape }]) => shape.length <= 1 && plan.rule(name).traits.followsNorm)
      .map(([name]) => name)
    if (vectors.length === 0) return []
    const advice = `${plan.rule(vectors[0]!).traits.type} gives ${list(vectors)} a rate in proportion to their norm, which is 0 at first in a bias: add a group { maxRank: 1, adapt: false }`
    return [{ severity: 'note', advice }]
  },
}

/** The weights that feed a BN directly. */
const fedNames = ({ structure }: Subject): readonly string[] =>
  structure.norms.flatMap(({ fed }) => (fed ? [fed.weight] : []))

export const fastTurning: LintRule = {
  name: 'fast-turning',
  title: 'a rate and a decay whose product turns the weights before BN too fast',
  source: 'Wan et al. 2020, https://arxiv.org/abs/2006.08419; the bands are ours',
  look(plan) {
    const found = fedNames(plan).map((name) => {
      const rule = plan.rule(name)
      const drifts = rule.rates.map((_, step) => equilibrium(rule, step)?.drift ?? 0)
      return { name, peak: maxOf(drifts), end: drifts.at(-1) ?? 0 }
    })
    const [worst] = found.sort((a, b) => b.peak - a.peak)
    if (!worst || (worst.peak <= 0.2 && worst.end <= 0.1)) return []
    const { name, peak, end } = worst
    if (peak > 0.2) {
      const advice = `η·λ lets steps turn ${name} by ${short(peak)} rad in the long run, where training is but noise: divide it by ${short((peak / 0.1) ** 2)} or more`
      return [{ severity: 'alarm', advice }]
    }
    const advice = `steps still turn ${name} by ${short(end)} rad in the long run when the run ends: let the rate fall to ${short(100 * (0.03 / end) ** 2)} % of that`
    return [{ severity: 'warning', advice }]
  },
}

export const slowDecay: LintRule = {
  name: 'slow-decay',
  title: 'a run too short for its weight decay',
  source: 'Li, Lyu & Arora 2020, https://arxiv.org/abs/2010.02916',
  look(plan) {
    const [name] = fedNames(plan)
    if (name === undefined) return []
    const rule = plan.rule(name)
    const times = rule.rates.reduce(
      (sum, _, step) => sum + 1 / (equilibrium(rule, step)?.time ?? Number.POSITIVE_INFINITY),
      0,
    )
    if (times === 0 || times >= 1) return []
    const advice = `weight decay takes ${short(plan.steps / times)} steps to matter to the weights before BN, and the run has ${plan.steps}: multiply it by ${short(1 / times)}, or leave it out`
    return [{ severity: 'note', advice }]
  },
}
