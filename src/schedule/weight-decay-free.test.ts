import { expect, test } from 'vitest'
import * as s from './index.ts'

test('at a constant rate of 0.1, λ = 5e-4, μ = 0.9, the rate grows by 1.48123 in 391 steps', () => {
  const free = s.toWeightDecayFree(s.constant(0.1), { weightDecay: 5e-4, momentum: 0.9 })
  expect(free(5391) / free(5000)).toBeCloseTo(1.48123, 5)
})

test('without weight decay nothing changes', () => {
  const lr = s.cosineAnnealing(0.1, { tMax: 100, etaMin: 0.01 })
  expect(s.values(s.toWeightDecayFree(lr, { weightDecay: 0, momentum: 0.9 }), 100)).toEqual(s.values(lr, 100))
})

test('without momentum: η / (P · P′) with P the product of 1 − ηλ', () => {
  const free = s.toWeightDecayFree(s.constant(0.1), { weightDecay: 0.5, momentum: 0 })
  expect(free(3)).toBeCloseTo(0.1 / 0.95 ** 7, 14)
})

test.each([
  '0.05',
  'cosine 0.05 to 0.001 over 400',
  'warmup 50 + cosine 0.05 to 0.001 over 350',
  'step 0.05 times 0.1 every 100',
  'cyclic(0.001, maxLr: 0.05, stepSizeUp: 50)',
])('trains scale-invariant weights as weight decay does: %s', (text) => {
  const lr = s.parse(text)
  const [weightDecay, momentum, steps] = [5e-4, 0.9, 400]
  const free = s.toWeightDecayFree(lr, { weightDecay, momentum })
  const decayed = train(lr, weightDecay, momentum, steps)
  const undecayed = train(free, 0, momentum, steps)
  const control = train(lr, 0, momentum, steps)
  const gap = (other: number[]) => Math.max(...decayed.map((angle, t) => Math.abs(angle - other[t]!)))
  expect(gap(undecayed)).toBeLessThan(1e-12)
  expect(gap(control)).toBeGreaterThan(1e-6)
})

/** Returns the angle θ of two weights at each step of SGD with momentum on the loss sin 3θ + cos θ. */
function train(lr: s.Schedule, weightDecay: number, momentum: number, steps: number): number[] {
  let [x, y, bx, by] = [1, 0.2, 0, 0]
  const angles: number[] = []
  for (let t = 0; t < steps; t++) {
    const angle = Math.atan2(y, x)
    angles.push(angle)
    const slope = (3 * Math.cos(3 * angle) - Math.sin(angle)) / (x * x + y * y)
    bx = momentum * bx - y * slope + weightDecay * x
    by = momentum * by + x * slope + weightDecay * y
    x -= lr(t) * bx
    y -= lr(t) * by
  }
  return angles
}
