import type { Diagnostic } from '../diagnosis.ts'
import { batchSharpness } from './batch-sharpness.ts'
import { deadRelu } from './dead-relu.ts'
import { deadScale } from './dead-scale.ts'
import { statisticsDrift } from './drift.ts'
import { effectiveRate } from './effective-rate.ts'
import { equilibriumTime } from './equilibrium-time.ts'
import { firstStatistics } from './first-statistics.ts'
import { gradientRatio } from './gradient-ratio.ts'
import { gradientSpread } from './gradient-spread.ts'
import { modeGap } from './mode-gap.ts'
import { noiseScale } from './noise-scale.ts'
import { rangeTest } from './range-test.ts'
import { recalibrationGap } from './recalibration-gap.ts'
import { rotation } from './rotation.ts'
import { scaleInvariance } from './scale-invariance.ts'
import { sharpness } from './sharpness.ts'
import { spikes } from './spikes.ts'
import { statisticSize } from './statistic-size.ts'
import { tail } from './tail.ts'
import { updateRatio } from './update-ratio.ts'

/** All diagnostics, in the order of their ids D1, D2, … */
export const diagnostics: readonly Diagnostic[] = [
  scaleInvariance,
  effectiveRate,
  rotation,
  equilibriumTime,
  updateRatio,
  gradientRatio,
  noiseScale,
  statisticsDrift,
  recalibrationGap,
  modeGap,
  firstStatistics,
  rangeTest,
  sharpness,
  batchSharpness,
  deadScale,
  deadRelu,
  gradientSpread,
  statisticSize,
  tail,
  spikes,
]
