import { dot, meanOf } from '../../core/vector.ts'
import { type Diagnostic, short } from '../diagnosis.ts'
import { slopeCount } from '../subject.ts'

/** D7: whether a larger batch would be worth its time. */
export const noiseScale: Diagnostic = {
  id: 'D7',
  title: 'noise scale of the gradient',
  quantity:
    'trΣ/‖G‖² in examples, from the gradients of single batches and their mean: ‖G‖² = (B_b‖g_b‖² − B_s‖g_s‖²)/(B_b − B_s), trΣ = (‖g_s‖² − ‖g_b‖²)/(1/B_s − 1/B_b); BN normalises B_s examples in both',
  threshold: 'note where the batch is a tenth of it or less, or ten times it or more',
  remedy:
    'far below it, scale the rate with the batch (optim.scaleLr); far above it, a smaller batch learns as much a step',
  source: 'McCandlish et al. 2018, https://arxiv.org/abs/1812.06162, appendix A',
  async examine(subject) {
    const slopes = await subject.slopes(slopeCount)
    if (slopes.length < 2)
      return { reason: 'the training data are one batch: there is no other to compare with' }
    const { batchSize, data } = subject.experiment
    const small = Math.min(batchSize, data.train.length)
    const large = small * slopes.length
    const [gs, gb] = squares(slopes.map(({ gradient }) => [...gradient.values()] as Float32Array[]))
    const signal = (large * gb - small * gs) / (large - small)
    const noise = (gs - gb) / (1 / small - 1 / large)
    const batch = subject.examples
    const values = { signal, noise, batch }
    if (signal <= 0) {
      return {
        severity: 'note',
        value: Number.POSITIVE_INFINITY,
        values,
        advice: `noise hides the gradient even in ${large} examples, so the noise scale is above that: a batch larger than ${batch} is worth its time, with a rate in proportion`,
      }
    }
    const value = Math.max(0, noise / signal)
    const severity = batch <= value / 10 || batch >= value * 10 ? 'note' : 'ok'
    const advice =
      batch >= value * 10
        ? `the noise scale is ${short(value)} examples, far below the batch of ${batch}: a smaller batch learns as much a step`
        : batch <= value / 10
          ? `the noise scale is ${short(value)} examples, far above the batch of ${batch}: larger batches train as well, with a rate in proportion to them`
          : `the noise scale is ${short(value)} examples, of the order of the batch of ${batch}`
    return { severity, value, values, advice }
  },
}

/** The mean of ‖g‖² over batches, and ‖mean g‖². */
function squares(all: readonly (readonly Float32Array[])[]): [single: number, together: number] {
  const single = meanOf(all.map((parts) => parts.reduce((sum, part) => sum + dot(part, part), 0)))
  const together = all[0]!.reduce((sum, first, p) => {
    const average = new Float64Array(first.length)
    for (const parts of all)
      for (let i = 0; i < average.length; i++) average[i]! += parts[p]![i]! / all.length
    return sum + dot(average, average)
  }, 0)
  return [single, together]
}
