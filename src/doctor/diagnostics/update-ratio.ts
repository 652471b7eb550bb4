import { maxOf, rootMeanSquare } from '../../core/vector.ts'
import { type Diagnostic, greatestEntry, leastEntry, noSteps, short } from '../diagnosis.ts'

/** D5: size of steps relative to the weights. */
export const updateRatio: Diagnostic = {
  id: 'D5',
  title: 'size of a step beside the weights',
  quantity: '‖Δw‖/‖w‖ of the last 8 steps, of weights of two or more axes; the greatest',
  threshold: '1e-4 to 1e-2; warning above, note below unless the rate has decayed',
  remedy: 'about 1e-3 is usual: lower the rate where it is above 1e-2, raise it where it is below 1e-4',
  source: 'Karpathy et al., CS231n, https://cs231n.github.io/neural-networks-3/#ratio',
  async examine(subject) {
    if (subject.lacksState) return noSteps
    const turns = await subject.turns()
    if (turns.size === 0) return { reason: 'no trained weight has two axes' }
    const ratios = [...turns].map(([name, { updates }]) => [name, rootMeanSquare(updates)] as const)
    const [name, value] = greatestEntry(ratios)
    const [slow, low] = leastEntry(ratios)
    const { rates } = subject
    const decayed = rates.at(-1)! < maxOf(rates) / 10
    const end = decayed ? ', at the end of a schedule that has decayed' : ''
    const found = { value, values: Object.fromEntries(ratios) }
    if (value > 1e-2) {
      const advice = `a step changes ${name} by ${short(value)} of its norm, above 1e-2: divide its rate by ${short(value / 1e-3)}${end}`
      return { severity: 'warning', ...found, advice }
    }
    if (low < 1e-4 && !decayed) {
      const advice = `a step changes ${slow} by ${short(low)} of its norm, below 1e-4: its rate may rise by ${short(1e-3 / low)}`
      return { severity: 'note', ...found, advice }
    }
    const advice = `a step changes weights by ${short(low)} (${slow}) to ${short(value)} (${name}) of their norms${end}`
    return { severity: 'ok', ...found, advice }
  },
}
