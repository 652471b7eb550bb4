import affineInvariance from './affine-invariance.ts'
import anyRate from './any-rate.ts'
import articleNetwork from './article-network.ts'
import batchDependence from './batch-dependence.ts'
import batchSizeAndRate from './batch-size-and-rate.ts'
import type { Claim } from './claim.ts'
import combinations from './combinations.ts'
import convergence from './convergence.ts'
import decayingSchedules from './decaying-schedules.ts'
import equilibrium from './equilibrium.ts'
import gradientExplosion from './gradient-explosion.ts'
import gradientRise from './gradient-rise.ts'
import linearRefinement from './linear-refinement.ts'
import noiseAndPatience from './noise-and-patience.ts'
import otherNetworks from './other-networks.ts'
import otherNormalizations from './other-normalizations.ts'
import plateauAndFixed from './plateau-and-fixed.ts'
import projection from './projection.ts'
import rateWindow from './rate-window.ts'
import rescaling from './rescaling.ts'
import scaleInvariance from './scale-invariance.ts'
import scheduleTiming from './schedule-timing.ts'
import skipInit from './skip-init.ts'
import smallData from './small-data.ts'
import smoothness from './smoothness.ts'
import smoothnessAndDecay from './smoothness-and-decay.ts'
import sphereRegimes from './sphere-regimes.ts'
import staleDecisions from './stale-decisions.ts'
import staleEarly from './stale-early.ts'
import staleStatistics from './stale-statistics.ts'
import vanishingGradients from './vanishing-gradients.ts'
import weightAveraging from './weight-averaging.ts'
import weightDecayAndRate from './weight-decay-and-rate.ts'
import weightDecayFree from './weight-decay-free.ts'
import weightsGrow from './weights-grow.ts'

/** All claims, in the order of the table in docs/science.md. */
export const claims: readonly Claim[] = [
  scaleInvariance,
  projection,
  rescaling,
  weightDecayFree,
  weightsGrow,
  affineInvariance,
  linearRefinement,
  equilibrium,
  gradientRise,
  gradientExplosion,
  anyRate,
  rateWindow,
  batchSizeAndRate,
  smoothness,
  staleStatistics,
  weightAveraging,
  weightDecayAndRate,
  sphereRegimes,
  decayingSchedules,
  convergence,
  articleNetwork,
  vanishingGradients,
  smallData,
  batchDependence,
  scheduleTiming,
  otherNetworks,
  combinations,
  skipInit,
  otherNormalizations,
  smoothnessAndDecay,
  staleDecisions,
  plateauAndFixed,
  noiseAndPatience,
  staleEarly,
]
