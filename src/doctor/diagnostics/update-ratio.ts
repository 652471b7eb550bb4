import { figure } from '../../core/text.ts'
import { maxOf, meanOf, rootMeanSquare } from '../../core/vector.ts'
import { type Diagnostic, type Finding, greatestEntry, leastEntry, noSteps } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** Largest usual ratio ‖Δw‖/‖w‖ of a weight's change in one step to its norm. */
const most = 1e-2
/** Largest usual angle, in radians, by which a step turns a weight before BN, whose norm has no effect. */
const mostAngle = 0.1
const least = 1e-4

/** Size of the changes that the last steps made to one weight. */
interface Size {
  /** ‖Δw‖/‖w‖ per step; for a weight before BN, the angle in radians by which a step turns it. */
  readonly size: number
  /** Largest `size` that counts as usual. */
  readonly limit: number
  /** The size in words, such as `a step changes 3.weight by 0.02 of its norm`. */
  readonly words: string
}

/** Diagnostic D5: change of each weight in the last steps, relative to the weight's norm. */
export const updateRatio: Diagnostic = {
  id: 'D5',
  title: 'size of a step relative to the weights',
  quantity:
    'largest of ‖Δw‖/‖w‖ over 1e-2 and, of weights before BN, of the angle over 0.1 rad; weights of two or more axes, last 8 steps',
  threshold: 'note above 1, or if a ‖Δw‖/‖w‖ or angle is below 1e-4; neither if the rate has decayed',
  remedy:
    'none: large steps are usual while the rate is high and the loss falls; see D12 and D13 for the rate',
  source:
    'Karpathy et al., CS231n, https://cs231n.github.io/neural-networks-3/#ratio; the angle of weights before BN is ours',
  async examine(subject) {
    if (subject.lacksState) return noSteps
    const sizes = await sizesOf(subject)
    if (sizes.size === 0) return { reason: 'no trained weight has two axes' }
    return judged(sizes, subject)
  },
}

async function sizesOf(subject: Subject): Promise<ReadonlyMap<string, Size>> {
  const before = new Set((await subject.invariant()).map(({ name }) => name))
  const turns = await subject.turns()
  return new Map(
    [...turns].map(([name, { angles, updates }]) => {
      const size = rootMeanSquare(before.has(name) ? angles : updates)
      const one = before.has(name)
        ? { limit: mostAngle, words: `a step turns ${name} by ${figure(size)} rad` }
        : { limit: most, words: `a step changes ${name} by ${figure(size)} of its norm` }
      return [name, { size, ...one }]
    }),
  )
}

function judged(all: ReadonlyMap<string, Size>, { rates, log }: Subject): Finding {
  const sizes = [...all].map(([name, { size }]) => [name, size] as const)
  const [fast, value] = greatestEntry([...all].map(([name, { size, limit }]) => [name, size / limit]))
  const [slow, low] = leastEntry(sizes)
  const decayed = rates.at(-1)! < maxOf(rates) / 10
  const found = { value, values: Object.fromEntries(sizes) }
  const { words, limit } = all.get(fast)!
  if (value > 1 && !decayed) {
    const usual = ', as usual while the rate is high and the loss falls'
    const stuck = ', and the loss no longer falls; see D12 and D13 for the rate'
    const why = log === undefined ? '' : falls(log.losses) ? usual : stuck
    return { severity: 'note', ...found, advice: `${words}, above ${limit}${why}` }
  }
  if (low < least && !decayed) {
    const advice = `${all.get(slow)!.words}, below ${figure(least)}; see D12 for the rate`
    return { severity: 'note', ...found, advice }
  }
  const end = decayed ? ', at the end of a schedule that has decayed' : ''
  return { severity: 'ok', ...found, advice: `${words}${end}` }
}

/** Whether the mean loss of a run's last quarter is more than 5 % below the mean loss of the quarter before. */
function falls(losses: ArrayLike<number>): boolean {
  const all = Array.from(losses)
  const quarter = Math.floor(all.length / 4)
  if (quarter === 0) return true
  return meanOf(all.slice(-quarter)) < 0.95 * meanOf(all.slice(-2 * quarter, -quarter))
}
