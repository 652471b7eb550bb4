import { figure } from '../../core/text.ts'
import { length } from '../../core/vector.ts'
import { taskOf } from '../../train/train.ts'
import { type Diagnostic, greatestEntry, leastEntry } from '../diagnosis.ts'
import { Subject } from '../subject.ts'

/** Diagnostic D17: how much ‖gradient‖/‖weight‖ differs between layers before the first step of training. */
export const gradientSpread: Diagnostic = {
  id: 'D17',
  title: 'spread of the initial gradients over the layers',
  quantity: 'largest over smallest ‖g‖/‖w‖ of the weights of two or more axes, at the initial weights',
  threshold: 'note above 10 (BN and ReLU without skip connections: 1.21 per layer)',
  remedy: 'none: a warmup, a rate per layer (lars) and skip connections are made for this',
  source:
    'Yang et al. 2019, https://arxiv.org/abs/1902.08129; You et al. 2017, https://arxiv.org/abs/1708.03888; the band is ours',
  async examine({ experiment, signal }) {
    const fresh = new Subject(experiment, taskOf(experiment), undefined, signal)
    const [batch] = fresh.batches(1)
    const { gradient } = await fresh.slope(batch!)
    const ratios = [...fresh.trained]
      .filter(([, { shape }]) => shape.length >= 2)
      .map(([name, { data }]) => [name, length(gradient.get(name)!) / length(data)] as const)
      .filter(([, ratio]) => ratio > 0 && Number.isFinite(ratio))
    if (ratios.length < 2) {
      return { reason: 'fewer than two weights of two or more axes have an initial gradient' }
    }
    const [[fast, high], [slow, low]] = [greatestEntry(ratios), leastEntry(ratios)]
    const value = high / low
    const advice = `the initial ‖g‖/‖w‖ is ${figure(high)} in ${fast} and ${figure(low)} in ${slow}, a factor of ${figure(value)}`
    return { severity: value > 10 ? 'note' : 'ok', value, values: Object.fromEntries(ratios), advice }
  },
}
