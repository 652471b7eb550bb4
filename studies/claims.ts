import type { Claim } from './claim.ts'
import scaleInvariance from './scale-invariance.ts'

/** Every claim, in the order of the table in docs/science.md. */
export const claims: readonly Claim[] = [scaleInvariance]
