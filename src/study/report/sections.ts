import type { Findings } from '../analysis/findings.ts'
import { comparisonsSection } from './comparisons.ts'
import { costSection } from './cost.ts'
import { driftSection } from './drift.ts'
import { effectsSection } from './effects.ts'
import { layersSection } from './layers.ts'
import { learningCurvesSection } from './learning-curves.ts'
import { rateWindowsSection } from './rate-windows.ts'
import { repeatSection } from './repeat.ts'
import { scoresSection } from './scores.ts'
import type { Section } from './section.ts'

/** All parts of the report, in reading order. */
export function sections(findings: Findings): readonly Section[] {
  const parts = [
    scoresSection,
    rateWindowsSection,
    effectsSection,
    comparisonsSection,
    learningCurvesSection,
    layersSection,
    driftSection,
    costSection,
    repeatSection,
  ]
  return parts.map((part) => part(findings))
}
