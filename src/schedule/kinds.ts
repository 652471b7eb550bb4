import { flatCosineKind, rexKind, swaKind, tanhKind, warmupStableDecayKind } from './budgets.ts'
import {
  chainedKind,
  clampedKind,
  perEpochKind,
  periodicKind,
  scaledKind,
  sequentialKind,
  shiftedKind,
} from './compose.ts'
import {
  constantFactorKind,
  constantKind,
  cosineAnnealingKind,
  linearKind,
  polynomialKind,
} from './curves.ts'
import { cosineAnnealingWarmRestartsKind, cyclicKind, cyclicMomentumKind } from './cycles.ts'
import { exponentialKind, inverseSqrtKind, inverseTimeKind, naturalExpKind, noamKind } from './decays.ts'
import type { Kind } from './kind.ts'
import { lambdaKind, multiplicativeKind } from './lambda.ts'
import { noiseKind } from './noise.ts'
import { oneCycleKind, oneCycleMomentumKind } from './one-cycle.ts'
import { piecewiseCosineKind, piecewiseLinearKind, tableKind } from './points.ts'
import { multiStepKind, piecewiseConstantKind, stepKind } from './steps.ts'
import { warmupKind } from './warmup.ts'
import { toWeightDecayFreeKind } from './weight-decay-free.ts'

/** Every type of schedule, in the order of the guide. */
export const kinds: readonly Kind[] = [
  constantKind,
  constantFactorKind,
  stepKind,
  multiStepKind,
  piecewiseConstantKind,
  linearKind,
  polynomialKind,
  cosineAnnealingKind,
  piecewiseLinearKind,
  piecewiseCosineKind,
  tableKind,
  exponentialKind,
  naturalExpKind,
  inverseTimeKind,
  inverseSqrtKind,
  noamKind,
  warmupStableDecayKind,
  flatCosineKind,
  rexKind,
  tanhKind,
  swaKind,
  cosineAnnealingWarmRestartsKind,
  cyclicKind,
  cyclicMomentumKind,
  oneCycleKind,
  oneCycleMomentumKind,
  lambdaKind,
  multiplicativeKind,
  warmupKind,
  sequentialKind,
  chainedKind,
  scaledKind,
  shiftedKind,
  clampedKind,
  perEpochKind,
  periodicKind,
  noiseKind,
  toWeightDecayFreeKind,
]
