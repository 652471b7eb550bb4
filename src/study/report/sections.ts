import type { Findings } from '../analysis/findings.ts'
import { comparisons } from './comparisons.ts'
import { cost } from './cost.ts'
import { drift } from './drift.ts'
import { effects } from './effects.ts'
import { layers } from './layers.ts'
import { learningCurves } from './learning-curves.ts'
import { rateWindows } from './rate-windows.ts'
import { repeat } from './repeat.ts'
import { scores } from './scores.ts'
import type { Section } from './section.ts'

/** All parts of the report, in the order in which they are read. */
export function sections(findings: Findings): readonly Section[] {
  const parts = [scores, rateWindows, effects, comparisons, learningCurves, layers, drift, cost, repeat]
  return parts.map((part) => part(findings))
}
