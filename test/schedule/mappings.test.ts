/** The rows of the guide's tables that say "–", against the frameworks' formulas as their documentation gives them. */
import { describe, expect, test } from 'vitest'
import * as s from '../../src/schedule/index.ts'

const [v, w, n] = [0.3, 20, 120]
const { min, max, cos, PI, floor, sqrt } = Math

/** Both give the same values, up to the step where they are said to differ. */
function same(ours: s.Schedule, theirs: (t: number) => number, until = 200): void {
  for (let t = 0; t < until; t++) expect(ours(t), `step ${t}`).toBeCloseTo(theirs(t), 13)
}

describe('Hugging Face', () => {
  const warm = { steps: w, startFactor: 0 }
  const rise = (t: number, rest: () => number) => v * (t < w ? t / w : rest())

  test('linear', () => {
    const inner = s.linear(v, { startFactor: 1, endFactor: 0, totalIters: n - w })
    same(s.warmup(inner, warm), (t) => rise(t, () => max(0, (n - t) / (n - w))))
  })

  test('cosine, which rises again', () => {
    const inner = s.cosineAnnealing(v, { tMax: n - w, after: 'extrapolate' })
    same(s.warmup(inner, warm), (t) => rise(t, () => max(0, 0.5 * (1 + cos((PI * (t - w)) / (n - w))))))
  })

  test('cosine with restarts, until its end', () => {
    const inner = s.cosineAnnealingWarmRestarts(v, { t0: (n - w) / 4 })
    const theirs = (t: number) => rise(t, () => 0.5 * (1 + cos(PI * (((4 * (t - w)) / (n - w)) % 1))))
    same(s.warmup(inner, warm), theirs, n)
  })

  test('polynomial', () => {
    const inner = s.polynomial(v, { totalIters: n - w, power: 2, endValue: 1e-7 })
    const theirs = (t: number) =>
      rise(t, () => (t > n ? 1e-7 : (v - 1e-7) * (1 - (t - w) / (n - w)) ** 2 + 1e-7) / v)
    same(s.warmup(inner, warm), theirs)
  })

  test('inverse square root', () => {
    same(s.warmup(s.inverseSqrt(v, { timescale: w }), warm), (t) => rise(t, () => 1 / sqrt((t + w - w) / w)))
  })

  test('warmup, stable, decay', () => {
    const options = { warmupSteps: w, stableSteps: 60, decaySteps: 40, startFactor: 0.1, endFactor: 0.1 }
    const theirs = (t: number) => {
      if (t < w) return v * ((t / w) * 0.9 + 0.1)
      if (t < w + 60) return v
      if (t < w + 100) return v * (0.5 * (1 + cos((PI * (t - w - 60)) / 40)) * 0.9 + 0.1)
      return v * 0.1
    }
    same(s.warmupStableDecay(v, { ...options, decayShape: 'cosine' }), theirs)
  })
})

describe('Keras', () => {
  test('cosine decay with a warmup from one value to another', () => {
    const [target, alpha] = [0.5, 0.1]
    const inner = s.cosineAnnealing(target, { tMax: n, etaMin: alpha * target })
    same(s.warmup(inner, { steps: w, startFactor: v / target }), (t) => {
      if (t < w) return v + ((target - v) * t) / w
      return target * ((1 - alpha) * 0.5 * (1 + cos((PI * min(t - w, n)) / n)) + alpha)
    })
  })

  test('piecewise constant, whose boundaries still have the value before', () => {
    const ours = s.piecewiseConstant([1, 0.5, 0.1], { milestones: [11, 21] })
    same(ours, (t) => (t <= 10 ? 1 : t <= 20 ? 0.5 : 0.1))
  })

  test('polynomial decay that cycles', () => {
    const ours = s.polynomial(v, { totalIters: 30, endValue: 1e-4, power: 0.5, cycle: true })
    same(ours, (t) => (v - 1e-4) * (1 - t / (30 * (t === 0 ? 1 : Math.ceil(t / 30)))) ** 0.5 + 1e-4)
  })
})

describe('Optax', () => {
  test('warmup, then cosine, of a length that includes the warmup', () => {
    const [init, end] = [0.01, 0.001]
    const inner = s.cosineAnnealing(v, { tMax: n - w, etaMin: end, exponent: 1 })
    same(s.warmup(inner, { steps: w, startFactor: init / v }), (t) => {
      if (t < w) return init + ((v - init) * t) / w
      const alpha = end / v
      return v * ((1 - alpha) * 0.5 * (1 + cos((PI * min(t - w, n - w)) / (n - w))) + alpha)
    })
  })

  test('exponential decay with an end', () => {
    const ours = s.clamped(s.exponential(v, { gamma: 0.5, decaySteps: 20, staircase: true }), { min: 0.05 })
    same(ours, (t) => max(v * 0.5 ** floor(t / 20), 0.05))
  })
})

describe('timm', () => {
  test('multi-step, one epoch early', () => {
    const decays = [30, 60]
    const ours = s.multiStep(v, { milestones: decays.map((t) => t - 1), gamma: 0.5 })
    same(ours, (t) => v * 0.5 ** decays.filter((decay) => decay <= t + 1).length)
  })

  test('cosine with k-decay', () => {
    const theirs = (t: number) => 0.01 + 0.5 * (v - 0.01) * (1 + cos((PI * min(t, n) ** 1.5) / n ** 1.5))
    same(s.cosineAnnealing(v, { tMax: n, etaMin: 0.01, kDecay: 1.5 }), theirs)
  })
})
