import { figure } from '../../core/text.ts'
import { dot, meanOf } from '../../core/vector.ts'
import type { Diagnostic } from '../diagnosis.ts'
import { slopeCount } from '../subject.ts'

/** Diagnostic D7: the gradient's noise scale, that is, the batch size beyond which larger batches hardly help. */
export const noiseScale: Diagnostic = {
  id: 'D7',
  title: 'noise scale of the gradient',
  quantity:
    'trΣ/‖G‖² in examples, from the gradients of single batches and their mean: ‖G‖² = (B_b‖g_b‖² − B_s‖g_s‖²)/(B_b − B_s), trΣ = (‖g_s‖² − ‖g_b‖²)/(1/B_s − 1/B_b); BN normalizes B_s examples in both',
  threshold: 'note if the batch is at most a tenth of it, or at least ten times it',
  remedy: 'none: in a batch far below it the gradient is mostly noise, in one far above it hardly any',
  source: 'McCandlish et al. 2018, https://arxiv.org/abs/1812.06162, appendix A',
  async examine(subject) {
    const slopes = await subject.slopes(slopeCount)
    if (slopes.length < 2) return { reason: 'the training data are one batch, but two must be compared' }
    const { batchSize, data } = subject.experiment
    const small = Math.min(batchSize, data.train.length)
    const large = small * slopes.length
    const [gs, gb] = squares(slopes.map(({ gradient }) => [...gradient.values()] as Float32Array[]))
    const signal = (large * gb - small * gs) / (large - small)
    const noise = (gs - gb) / (1 / small - 1 / large)
    const batch = subject.examples
    const values = { signal, noise, batch }
    if (signal <= 0) {
      const advice = `noise hides the gradient even in ${large} examples, so the noise scale is above that`
      return { severity: 'note', value: Number.POSITIVE_INFINITY, values, advice }
    }
    const value = Math.max(0, noise / signal)
    const numbers = `the noise scale is ${figure(value)} examples`
    const advice =
      batch >= value * 10
        ? `${numbers}, far below the batch of ${batch}, whose gradient is almost exact`
        : batch <= value / 10
          ? `${numbers}, far above the batch of ${batch}, whose gradient is mostly noise`
          : `${numbers}, of the order of the batch of ${batch}`
    const isFar = batch >= value * 10 || batch <= value / 10
    return { severity: isFar ? 'note' : 'ok', value, values, advice }
  },
}

/** Returns `single`, the mean of ‖g‖², and `together`, ‖mean of g‖², where g is the gradient of each batch. */
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
