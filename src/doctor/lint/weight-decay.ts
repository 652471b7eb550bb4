import { figure } from '../../core/text.ts'
import { maxOf } from '../../core/vector.ts'
import type { Traits } from '../../optim/traits.ts'
import { greatestEntry } from '../diagnosis.ts'
import { timesToEquilibrium } from '../diagnostics/equilibrium-time.ts'
import { driftsOf, whereNoiseStays } from '../diagnostics/rotation.ts'
import type { Subject } from '../subject.ts'
import { abridged, type LintRule } from './rule.ts'

/** Lint rules about how the optimizer treats weights, above all by weight decay. */
export const weightRules: readonly LintRule[] = [
  {
    name: 'decay-on-vectors',
    title: 'weight decay on γ, β or biases',
    source:
      'Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 5.1; Li & Arora 2019, https://arxiv.org/abs/1910.07454',
    look(plan) {
      const vectors = decayed(plan).filter(({ rank }) => rank <= 1)
      if (vectors.length === 0) return []
      const advice = `the weight decay of ${figure(vectors[0]!.lambda)} also applies to ${abridged(vectors.map(({ name }) => name))}; optim.noDecayOnNormAndBias() is for exempting them`
      return [{ severity: 'note', advice }]
    },
  },
  {
    name: 'penalty-in-adam',
    title: 'an L2 penalty under an optimizer that rescales gradients',
    source: 'Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101',
    look(plan) {
      const first = decayed(plan).find(({ traits }) => traits.rescales && !traits.decoupled)
      if (!first) return []
      const advice = `${first.traits.type} divides the penalty of ${figure(first.lambda)} by the gradient's magnitude, so weights with large gradients decay least; adamw decays all weights alike`
      return [{ severity: 'note', advice }]
    },
  },
  {
    name: 'trust-on-vectors',
    title: 'learning rates in proportion to the norm of γ, β or a bias',
    source:
      'You et al. 2020, https://arxiv.org/abs/1904.00962; You, Gitman & Ginsburg 2017, https://arxiv.org/abs/1708.03888',
    look(plan) {
      const vectors = [...plan.trained]
        .filter(([name, { shape }]) => shape.length <= 1 && plan.rule(name).traits.followsNorm)
        .map(([name]) => name)
      if (vectors.length === 0) return []
      const advice = `${plan.rule(vectors[0]!).traits.type} gives ${abridged(vectors)} a rate in proportion to their norm, which is initially 0 for a bias; { maxRank: 1, adapt: false } is the group for exempting them`
      return [{ severity: 'note', advice }]
    },
  },
  {
    name: 'fast-turning',
    title: 'a rate and a decay whose product turns the weights before BN too fast',
    source: 'Wan et al. 2020, https://arxiv.org/abs/2006.08419; the bands are ours',
    look(plan) {
      const peaks = fedNames(plan).map((name) => [name, maxOf(driftsOf(plan.rule(name)))] as const)
      const [name, peak] = greatestEntry(peaks)
      if (peak <= 0.1) return []
      const end = driftsOf(plan.rule(name)).at(-1)!
      if (end > 0.1) {
        const flaw = `at the end of the run, each step still turns ${name} by ${figure(end)} rad in equilibrium, which keeps the loss up`
        return [whereNoiseStays(end, flaw, plan)]
      }
      if (peak <= 0.2) return []
      const advice = `in equilibrium, each step turns ${name} by ${figure(peak)} rad, where noise dominates training, before the rate falls`
      return [{ severity: 'note', advice }]
    },
  },
  {
    name: 'slow-decay',
    title: 'a run too short for its weight decay to take effect',
    source: 'Li, Lyu & Arora 2020, https://arxiv.org/abs/2010.02916',
    look(plan) {
      const [name] = fedNames(plan)
      const times = name === undefined ? 0 : timesToEquilibrium(plan.rule(name))
      if (times === 0 || times >= 1) return []
      const advice = `weight decay takes ${figure(plan.steps / times)} steps to affect the weights before BN, and the run has ${plan.steps}`
      return [{ severity: 'note', advice }]
    },
  },
]

interface Decayed {
  readonly name: string
  readonly rank: number
  /** Largest weight decay of this weight over the steps of the run. */
  readonly lambda: number
  readonly traits: Traits
}

/** Returns the trainable weights that have weight decay at any step. */
function decayed(plan: Subject): readonly Decayed[] {
  return [...plan.trained].flatMap(([name, { shape }]) => {
    const { traits, rates, weightDecay } = plan.rule(name)
    const lambda = maxOf(rates.map((_, step) => weightDecay(step)))
    return lambda > 0 ? [{ name, rank: shape.length, lambda, traits }] : []
  })
}

/** Returns the state names of the weights before batch normalization layers, which cancel the weights' scale. */
const fedNames = ({ structure }: Subject): readonly string[] =>
  structure.norms.flatMap(({ fed }) => (fed ? [fed.weight] : []))
