import { schedule } from 'evenstep'
import { type Claim, check, type Outcome } from './claim.ts'
import { greatest, short } from './support/numbers.ts'

/** The rate half-way, relative to the first. */
function halfWay(norms: readonly number[]): number {
  const refined = schedule.refine(1, norms)
  return refined(norms.length / 2) / refined(0)
}

/** The greatest distance of refined rates from the line 1 − (t + 1)/T. */
function distance(norms: readonly number[]): number {
  const steps = norms.length
  const rates = schedule.values(schedule.refine(1, norms), steps)
  return greatest(Array.from(rates, (rate, t) => Math.abs(rate - (1 - (t + 1) / steps))))
}

const norms = (steps: number, of: (progress: number) => number): number[] =>
  Array.from({ length: steps }, (_, t) => of(t / steps))

export default {
  id: 'S7',
  title: 'Equal gradient norms call for a linear decay',
  source: 'Defazio et al. 2023, arXiv 2310.07831, algorithm 1',
  says: 'The refinement of a constant sequence of gradient norms is exactly the linear decay 1 − (t + 1)/T.',
  async run(): Promise<Outcome> {
    const lengths = [10, 100, 1000]
    const gaps = lengths.map((steps) =>
      greatest([1, 0.3, 7].map((size) => distance(norms(steps, () => size)))),
    )
    const rising = halfWay(norms(100, (progress) => 1 + progress))
    return {
      measured: [
        { name: 'greatest distance from the line, T = 10, 100, 1000', value: gaps, expected: '0' },
        { name: 'rate half-way, of the first, with norms that double', value: rising, expected: 'below 0.5' },
      ],
      checks: [
        // A sum of T numbers may accumulate T rounding errors.
        ...lengths.map((steps, i) => {
          const most = steps * 2 ** -53
          return check(`T = ${steps}: ${short(gaps[i]!)} from the line < ${short(most)}`, gaps[i]! < most)
        }),
        check(`control: norms that double leave ${short(rising)} < 0.4 half-way`, rising < 0.4),
      ],
    }
  },
} satisfies Claim
