import type { Findings } from '../analysis/findings.ts'
import { sourcesSection } from './cited.ts'
import { comparisonsSection } from './comparisons.ts'
import { costSection } from './cost.ts'
import { driftSection } from './drift.ts'
import { effectsSection } from './effects.ts'
import { layersSection } from './layers.ts'
import { learningCurvesSection } from './learning-curves.ts'
import { rateWindowsSection } from './rate-windows.ts'
import { repeatSection } from './repeat.ts'
import { scoresSection } from './scores.ts'
import type { Content, Section } from './section.ts'
import { testSection } from './test.ts'

/** The report's sections in reading order: id of the heading, title, and a function that makes the content. */
const all: readonly [id: string, title: string, of: (findings: Findings) => Content][] = [
  ['scores', 'Scores', scoresSection],
  ['test', 'Test', testSection],
  ['rate-windows', 'Usable rates', rateWindowsSection],
  ['effects', 'What matters', effectsSection],
  ['comparisons', 'Comparisons', comparisonsSection],
  ['learning-curves', 'Learning curves', learningCurvesSection],
  ['layers', 'What the layers did', layersSection],
  ['drift', 'Drift of running statistics', driftSection],
  ['cost', 'Cost', costSection],
  ['repeat', 'To repeat it', repeatSection],
  ['sources', 'Sources', sourcesSection],
]

/** Returns the sections that have content and, for each section without content, a line that says why. */
export function sectionsOf(findings: Findings): { readonly shown: Section[]; readonly absent: string[] } {
  const made = all.map(([id, title, of]) => ({ id, title, blocks: of(findings) }))
  return {
    shown: made.flatMap(({ blocks, ...rest }) =>
      typeof blocks === 'string' || blocks.length === 0 ? [] : [{ ...rest, blocks }],
    ),
    absent: made.flatMap(({ title, blocks }) => (typeof blocks === 'string' ? [`${title}: ${blocks}.`] : [])),
  }
}
