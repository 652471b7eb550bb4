import type { Tensor } from '../../core/tensor.ts'
import { percent } from '../../core/text.ts'
import { observe } from '../../nn/observe.ts'
import { greater } from '../../ops/compare.ts'
import { any } from '../../ops/reduction.ts'
import { advised, rateBy } from '../advised.ts'
import { type Diagnostic, greatestEntry } from '../diagnosis.ts'
import type { Norm } from '../structure.ts'
import type { Subject } from '../subject.ts'

/** Number of training batches searched for channels with a ReLU output above 0. */
const count = 16

/** Diagnostic D16: channels after BN whose ReLU outputs are 0 for every example of 16 training batches. */
export const deadRelu: Diagnostic = {
  id: 'D16',
  title: 'channels whose ReLU after BN never fires',
  quantity: 'share of a layer’s channels that are 0 in all of 16 training batches',
  threshold: 'note above 20 % of a layer, warning from 50 %',
  remedy: 'β has drifted far below 0: from 50 %, divide the rate by 3',
  source: 'Lu et al. 2020, https://arxiv.org/abs/1903.06733; the band is ours',
  async examine(subject) {
    const { structure } = subject
    const before = structure.norms.filter(({ y }) => structure.users(y).some(({ op }) => op === 'Relu'))
    if (before.length === 0) return { reason: 'no ReLU follows a batch normalization directly' }
    const dead = await deadShares(subject, before)
    const [name, value] = greatestEntry(dead)
    const values = Object.fromEntries(dead)
    if (value > 0.2) {
      const measured = `${percent(value)} of the ReLUs after layer ${name} fire for no example of ${count} batches`
      if (value < 0.5) return { severity: 'note', value, values, advice: measured }
      return { severity: 'warning', value, values, ...advised(measured, rateBy(1 / 3)) }
    }
    const advice = `at most ${percent(value)} of the ReLUs after a BN never fire (layer ${name})`
    return { severity: 'ok', value, values, advice }
  },
}

/** Returns, for each BN layer, its name and the fraction of channels with outputs ≤ 0 in all batches. */
async function deadShares(subject: Subject, norms: readonly Norm[]): Promise<[string, number][]> {
  const names = [...new Set(norms.map(({ name }) => name))]
  const fired = names.map(() => new Set<number>())
  for (const batch of subject.batches(count)) {
    const values = await subject.compute('fires', batch, ({ x }): Record<string, Tensor> => {
      const outputs = new Map<string, Tensor>()
      observe(
        subject.model,
        ({ name, output }) => outputs.set(name, output),
        () => subject.model.forward(x, 'train'),
      )
      return Object.fromEntries(names.map((name, i) => [`f${i}`, firing(outputs.get(name)!)]))
    })
    for (const [i, set] of fired.entries())
      for (const [c, fires] of values[`f${i}`]!.entries()) if (fires) set.add(c)
  }
  return names.map((name, i) => {
    const channels = norms.find((norm) => norm.name === name)!.y.shape[1]!
    return [name, 1 - fired[i]!.size / channels]
  })
}

/** Returns, for each channel (axis 1), whether any of its elements is above 0, as a tensor. */
const firing = (y: Tensor): Tensor =>
  any(
    greater(y, 0),
    y.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])),
  )
