/**
 * Calls per second of every schedule: `npm run build && node bench/schedule.mjs`.
 *
 * The best of five runs of 200,000 calls each, at steps 0, 1, 2, … The sum is printed so that no call is
 * optimized away.
 */
import * as s from '../dist/schedule/index.js'

const calls = 200_000
const cosine = s.cosineAnnealing(0.1, { tMax: calls })

const schedules = {
  constant: s.constant(0.1),
  constantFactor: s.constantFactor(0.1),
  step: s.step(0.1, { stepSize: 30 }),
  multiStep: s.multiStep(0.1, { milestones: [30_000, 60_000, 90_000] }),
  piecewiseConstant: s.piecewiseConstant([0.1, 0.01, 0.001], { milestones: [30_000, 60_000] }),
  linear: s.linear(0.1, { totalIters: calls }),
  polynomial: s.polynomial(0.1, { totalIters: calls, power: 0.9 }),
  cosineAnnealing: cosine,
  piecewiseLinear: s.piecewiseLinear([
    [0, 0],
    [1000, 1],
    [calls, 0],
  ]),
  piecewiseCosine: s.piecewiseCosine([
    [0, 0],
    [1000, 1],
    [calls, 0],
  ]),
  table: s.table(s.values(cosine, 1000)),
  exponential: s.exponential(0.1, { gamma: 0.9999 }),
  naturalExp: s.naturalExp(0.1, { decayRate: 1e-4 }),
  inverseTime: s.inverseTime(0.1, { decayRate: 1e-4 }),
  inverseSqrt: s.inverseSqrt(0.1),
  noam: s.noam(1, { modelSize: 512, warmupSteps: 4000 }),
  warmupStableDecay: s.warmupStableDecay(0.1, {
    warmupSteps: 1000,
    stableSteps: calls / 2,
    decaySteps: calls / 4,
  }),
  flatCosine: s.flatCosine(0.1, { totalSteps: calls }),
  rex: s.rex(0.1, { totalSteps: calls }),
  tanh: s.tanh(0.1, { totalSteps: calls }),
  swa: s.swa(0.1, { swaLr: 0.05, annealEpochs: calls }),
  cosineAnnealingWarmRestarts: s.cosineAnnealingWarmRestarts(0.1, { t0: 100 }),
  'cosineAnnealingWarmRestarts, tMult': s.cosineAnnealingWarmRestarts(0.1, { t0: 100, tMult: 2 }),
  cyclic: s.cyclic(0.01, { maxLr: 0.1, stepSizeUp: 100 }),
  'cyclic, triangular2': s.cyclic(0.01, { maxLr: 0.1, stepSizeUp: 2000, mode: 'triangular2' }),
  'cyclic, expRange': s.cyclic(0.01, { maxLr: 0.1, stepSizeUp: 2000, mode: 'expRange', gamma: 0.9999 }),
  oneCycle: s.oneCycle(0.1, { totalSteps: calls }),
  oneCycleMomentum: s.oneCycleMomentum(0.85, { totalSteps: calls }),
  lambda: s.lambda(0.1, 'step / (step + 1)'),
  warmup: s.warmup(cosine, { steps: 1000 }),
  sequential: s.sequential([s.linear(0.1), cosine, s.constant(0)], { milestones: [5, 90_000] }),
  chained: s.chained([cosine, s.step(1, { stepSize: 1000, gamma: 0.9 })]),
  perEpoch: s.perEpoch(cosine, { stepsPerEpoch: 391 }),
  clamped: s.clamped(cosine, { min: 0.01 }),
  noise: s.noise(cosine, { amplitude: 0.1 }),
  multiplicative: s.multiplicative(0.1, '0.9999'),
  toWeightDecayFree: s.toWeightDecayFree(s.constant(0.1), { weightDecay: 5e-4, momentum: 0.9 }),
}

let sum = 0
for (const [name, schedule] of Object.entries(schedules)) {
  let best = Infinity
  for (let run = 0; run < 5; run++) {
    const start = performance.now()
    for (let step = 0; step < calls; step++) sum += schedule(step)
    best = Math.min(best, performance.now() - start)
  }
  console.log(`${name.padEnd(36)} ${(calls / best / 1000).toFixed(1).padStart(7)} million calls per second`)
}
console.log(`sum ${sum}`)
