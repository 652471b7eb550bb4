import { flatCosine, rex, swa, tanh, warmupStableDecay } from './budgets.ts'
import { chained, clamped, perEpoch, periodic, scaled, sequential, shifted } from './compose.ts'
import { constant, constantFactor, cosineAnnealing, linear, polynomial } from './curves.ts'
import { cosineAnnealingWarmRestarts, cyclic, cyclicMomentum } from './cycles.ts'
import { exponential, inverseSqrt, inverseTime, naturalExp, noam } from './decays.ts'
import type { Kind } from './kind.ts'
import { lambda, multiplicative } from './lambda.ts'
import { noise } from './noise.ts'
import { oneCycle, oneCycleMomentum } from './one-cycle.ts'
import { piecewiseCosine, piecewiseLinear, table } from './points.ts'
import { multiStep, piecewiseConstant, step } from './steps.ts'
import { warmup } from './warmup.ts'
import { toWeightDecayFree } from './weight-decay-free.ts'

/** Every type of schedule, in the order of docs/schedules.md. */
export const kinds: readonly Kind[] = [
  constant,
  constantFactor,
  step,
  multiStep,
  piecewiseConstant,
  linear,
  polynomial,
  cosineAnnealing,
  piecewiseLinear,
  piecewiseCosine,
  table,
  exponential,
  naturalExp,
  inverseTime,
  inverseSqrt,
  noam,
  warmupStableDecay,
  flatCosine,
  rex,
  tanh,
  swa,
  cosineAnnealingWarmRestarts,
  cyclic,
  cyclicMomentum,
  oneCycle,
  oneCycleMomentum,
  lambda,
  multiplicative,
  warmup,
  sequential,
  chained,
  scaled,
  shifted,
  clamped,
  perEpoch,
  periodic,
  noise,
  toWeightDecayFree,
].map(({ kind }) => kind)
