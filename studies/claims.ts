import affineInvariance from './affine-invariance.ts'
import type { Claim } from './claim.ts'
import equilibrium from './equilibrium.ts'
import gradientExplosion from './gradient-explosion.ts'
import gradientRise from './gradient-rise.ts'
import linearRefinement from './linear-refinement.ts'
import projection from './projection.ts'
import rescaling from './rescaling.ts'
import scaleInvariance from './scale-invariance.ts'
import weightDecayFree from './weight-decay-free.ts'
import weightsGrow from './weights-grow.ts'

/** Every claim, in the order of the table in docs/science.md. */
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
]
