import { sequentialKind } from './compose.ts'
import { constantKind, cosineAnnealingKind, linearKind } from './curves.ts'
import type { Kind } from './kind.ts'
import { lambdaKind, multiplicativeKind } from './lambda.ts'
import { stepKind } from './steps.ts'
import { warmupKind } from './warmup.ts'

/** Every type of schedule, in the order of the guide. */
export const kinds: readonly Kind[] = [
  constantKind,
  stepKind,
  linearKind,
  cosineAnnealingKind,
  lambdaKind,
  multiplicativeKind,
  warmupKind,
  sequentialKind,
]
