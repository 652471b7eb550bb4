import { figure } from '../../core/text.ts'
import { maxOf, rootMeanSquare } from '../../core/vector.ts'
import { type Diagnostic, greatestEntry, leastEntry, noSteps } from '../diagnosis.ts'

/** Diagnostic D5: norm of the change of a weight in one step relative to the norm of the weight. */
export const updateRatio: Diagnostic = {
  id: 'D5',
  title: 'size of a step relative to the weights',
  quantity: 'largest ‖Δw‖/‖w‖ of the weights of two or more axes, over the last 8 steps',
  threshold: 'warning above 1e-2; note below 1e-4 unless the rate has decayed',
  remedy: 'about 1e-3 is usual: lower the rate where it is above 1e-2, raise it where it is below 1e-4',
  source: 'Karpathy et al., CS231n, https://cs231n.github.io/neural-networks-3/#ratio',
  async examine(subject) {
    if (subject.lacksState) return noSteps
    const turns = await subject.turns()
    if (turns.size === 0) return { reason: 'no trained weight has two axes' }
    const ratios = [...turns].map(([name, { updates }]) => [name, rootMeanSquare(updates)] as const)
    const [[name, value], [slow, low]] = [greatestEntry(ratios), leastEntry(ratios)]
    const decayed = subject.rates.at(-1)! < maxOf(subject.rates) / 10
    const end = decayed ? ', at the end of a schedule that has decayed' : ''
    const found = { value, values: Object.fromEntries(ratios) }
    if (value > 1e-2) {
      const advice = `a step changes ${name} by ${figure(value)} of its norm, above 1e-2: divide its rate by ${figure(value / 1e-3)}${end}`
      return { severity: 'warning', ...found, advice }
    }
    if (low < 1e-4 && !decayed) {
      const advice = `a step changes ${slow} by ${figure(low)} of its norm, below 1e-4: multiply its rate by ${figure(1e-3 / low)}`
      return { severity: 'note', ...found, advice }
    }
    const advice = `a step changes weights by ${figure(low)} (${slow}) to ${figure(value)} (${name}) of their norms${end}`
    return { severity: 'ok', ...found, advice }
  },
}
