import * as s from '../../src/schedule/index.ts'

/** One schedule of the conformance table. */
export interface Row {
  readonly make: () => s.Schedule
  /** The last step before `after` begins, for the schedules that have one. */
  readonly last?: number
  /** Why its values may be negative. */
  readonly negative?: string
  /** Why it is not called far out. */
  readonly near?: string
}

const cosine = s.cosineAnnealing(0.1, { tMax: 100 })

/** Every type of schedule, by name and variant. A new type without a row fails a test. */
export const rows: Readonly<Record<string, Row>> = {
  constant: { make: () => s.constant(0.1) },
  constantFactor: { make: () => s.constantFactor(0.1, { factor: 0, totalIters: 5 }), last: 5 },
  step: { make: () => s.step(0.1, { stepSize: 30, gamma: 0.5 }) },
  'step, fractional size': { make: () => s.step(0.1, { stepSize: 2.4, gamma: 0.97 }) },
  multiStep: { make: () => s.multiStep(0.1, { milestones: [80, 30, 30] }) },
  piecewiseConstant: { make: () => s.piecewiseConstant([0.1, 0.01], { milestones: [50] }) },
  linear: { make: () => s.linear(0.1), last: 5 },
  'linear from 0': { make: () => s.linear(0.1, { startFactor: 0, totalIters: 10 }), last: 10 },
  polynomial: { make: () => s.polynomial(0.1, { totalIters: 40, power: 0.5, endValue: 0.01 }), last: 40 },
  'polynomial, cycle': { make: () => s.polynomial(0.1, { totalIters: 40, cycle: true }) },
  cosineAnnealing: { make: () => s.cosineAnnealing(0.1, { tMax: 100, etaMin: 0.001 }), last: 100 },
  'cosineAnnealing, repeated': { make: () => s.cosineAnnealing(0.1, { tMax: 100, after: 'repeat' }) },
  'cosineAnnealing, extrapolated': {
    make: () => s.cosineAnnealing(0.1, { tMax: 100, after: 'extrapolate' }),
  },
  'cosineAnnealing, bent': {
    make: () => s.cosineAnnealing(0.1, { tMax: 100, exponent: 0.5, kDecay: 2 }),
    last: 100,
  },
  piecewiseLinear: { make: () => s.piecewiseLinear([[5, 0], [10, 1], [30, 0.5]]), last: 30 }, // biome-ignore format: points
  piecewiseCosine: { make: () => s.piecewiseCosine([[0, 0], [10, 1], [30, 0.5]]), last: 30 }, // biome-ignore format: points
  table: { make: () => s.table([0.1, 0.2, 0.15]), last: 2 },
  exponential: { make: () => s.exponential(0.1, { gamma: 0.99 }) },
  'exponential, staircase': {
    make: () => s.exponential(0.1, { gamma: 0.5, decaySteps: 20, staircase: true }),
  },
  naturalExp: { make: () => s.naturalExp(0.1, { decayRate: 0.01 }) },
  inverseTime: { make: () => s.inverseTime(0.1, { decayRate: 0.5, decaySteps: 10 }) },
  inverseSqrt: { make: () => s.inverseSqrt(0.1) },
  noam: { make: () => s.noam(1, { modelSize: 512, warmupSteps: 400 }) },
  warmupStableDecay: {
    make: () =>
      s.warmupStableDecay(0.1, { warmupSteps: 10, stableSteps: 50, decaySteps: 40, decayShape: '1-sqrt' }),
    last: 100,
  },
  flatCosine: { make: () => s.flatCosine(0.1, { totalSteps: 100 }), last: 100 },
  rex: { make: () => s.rex(0.1, { totalSteps: 100 }), last: 100 },
  tanh: { make: () => s.tanh(0.1, { totalSteps: 100 }), last: 100 },
  swa: { make: () => s.swa(0.1, { swaLr: 0.05 }), last: 10 },
  'swa at once': { make: () => s.swa(0.1, { swaLr: 0.05, annealEpochs: 0 }), last: 0 },
  cosineAnnealingWarmRestarts: { make: () => s.cosineAnnealingWarmRestarts(0.1, { t0: 10, tMult: 2 }) },
  'cosineAnnealingWarmRestarts, lower': {
    make: () => s.cosineAnnealingWarmRestarts(0.1, { t0: 10, cycleDecay: 0.9 }),
  },
  cyclic: {
    make: () => s.cyclic(0.01, { maxLr: 0.1, stepSizeUp: 10, stepSizeDown: 30, mode: 'triangular2' }),
  },
  'cyclic, own scale': { make: () => s.cyclic(0.01, { maxLr: 0.1, stepSizeUp: 10, scale: '1 / cycle' }) },
  cyclicMomentum: { make: () => s.cyclicMomentum(0.8, { stepSizeUp: 10, mode: 'expRange', gamma: 0.99 }) },
  oneCycle: { make: () => s.oneCycle(0.1, { totalSteps: 100 }), last: 99 },
  'oneCycle, three phases': {
    make: () => s.oneCycle(0.1, { epochs: 5, stepsPerEpoch: 20, threePhase: true, annealStrategy: 'linear' }),
    last: 99,
  },
  oneCycleMomentum: { make: () => s.oneCycleMomentum(0.85, { totalSteps: 100 }), last: 99 },
  lambda: { make: () => s.lambda(0.1, 'step / (step + 1)') },
  multiplicative: {
    make: () => s.multiplicative(0.1, 'step < 500 ? 0.99 : 1'),
    near: 'a product of a billion factors',
  },
  warmup: { make: () => s.warmup(cosine, { steps: 10 }) },
  'warmup, none': { make: () => s.warmup(cosine, { steps: 0 }) },
  'warmup inside': { make: () => s.warmup(cosine, { steps: 10, shape: 'exponential', inside: true }) },
  sequential: { make: () => s.sequential([s.linear(0.1), cosine, s.constant(0)], { milestones: [5, 90.5] }) },
  chained: { make: () => s.chained([cosine, s.step(1, { stepSize: 10 }), s.linear(1)]) },
  scaled: { make: () => s.scaled(cosine, { factor: 0.1 }) },
  shifted: { make: () => s.shifted(cosine, { steps: 10 }) },
  clamped: { make: () => s.clamped(cosine, { min: 0.01, max: 0.09 }) },
  perEpoch: { make: () => s.perEpoch(cosine, { stepsPerEpoch: 7 }) },
  periodic: { make: () => s.periodic(cosine, { period: 50 }) },
  noise: { make: () => s.noise(cosine, { amplitude: 0.5, seed: 3 }) },
  'noise, normal': { make: () => s.noise(cosine, { amplitude: 0.3, seed: 3, distribution: 'normal' }) },
  toWeightDecayFree: {
    make: () => s.toWeightDecayFree(s.constant(0.1), { weightDecay: 5e-4, momentum: 0.9 }),
    near: 'a recurrence that outgrows float64',
  },
  'after the end, a line goes on': {
    make: () => s.linear(0.1, { startFactor: 1, endFactor: 0, after: 'extrapolate' }),
    negative: 'the line goes on below 0',
  },
}
