import { dot, meanOf } from '../../core/vector.ts'
import { type Diagnostic, short } from '../diagnosis.ts'
import { slopeCount } from '../subject.ts'

/** D7: noise scale of the gradient relative to the batch: above it, larger batches are worth their time. */
export const noiseScale: Diagnostic = {
  id: 'D7',
  title: 'noise scale of the gradient',
  quantity:
    'trΣ/‖G‖² in examples, from the gradients of single batches and their mean: ‖G‖² = (B_b‖g_b‖² − B_s‖g_s‖²)/(B_b − B_s), trΣ = (‖g_s‖² − ‖g_b‖²)/(1/B_s − 1/B_b); BN normalizes B_s examples in both',
  threshold: 'note where the batch is a tenth of it or less, or ten times it or more',
  remedy:
    'far below it, scale the rate with the batch (optim.scaleLr); far above it, a smaller batch learns as much a step',
  source: 'McCandlish et al. 2018, https://arxiv.org/abs/1812.06162, appendix A',
  async examine(subject) {
    const slopes = await subject.slopes(slopeCount)
    if (slopes.length < 2) return { reason: 'the training data are one batch: there is none to compare with' }
    const { batchSize, data } = subject.experiment
    const small = Math.min(batchSize, data.train.length)
    const large = small * slopes.length
    const [gs, gb] = squares(slopes.map(({ gradient }) => [...gradient.values()] as Float32Array[]))
    const signal = (large * gb - small * gs) / (large - small)
    const noise = (gs - gb) / (1 / small - 1 / large)
    const batch = subject.examples
    const values = { signal, noise, batch }
    if (signal <= 0) {
      const advice = `noise hides the gradient even in ${large} examples, so the noise scale is above that: a batch larger than ${batch} is worth its time, with a rate in proportion`
      return { severity: 'note', value: Number.POSITIVE_INFINITY, values, advice }
    }
    const value = Math.max(0, noise / signal)
    const found = { value, values }
    const numbers = `the noise scale is ${short(value)} examples`
    if (batch >= value * 10) {
      const advice = `${numbers}, far below the batch of ${batch}: a smaller batch learns as much a step`
      return { severity: 'note', ...found, advice }
    }
    if (batch <= value / 10) {
      const advice = `${numbers}, far above the batch of ${batch}: larger batches train as well, with a rate in proportion to them`
      return { severity: 'note', ...found, advice }
    }
    return { severity: 'ok', ...found, advice: `${numbers}, of the order of the batch of ${batch}` }
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
