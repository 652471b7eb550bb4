import type { Claim, Scale } from './claim.ts'
import { type Size, staleDecisions } from './stale-decisions.ts'

const sizes: Readonly<Record<Scale, Size>> = {
  quick: { names: ['plateau'], momenta: [0.01], steps: 50 },
  full: { names: ['plateau', 'greedy'], momenta: [0.1, 0.01], steps: 200 },
}

export default {
  id: 'L4',
  onlyFull: true,
  title: 'In a short run that is measured often, stale running statistics make schedules fire too early',
  source: 'our question, as L1',
  says: 'As L1, in a run of 200 steps that is measured every 4: statistics with a momentum of 0.01 then still hold e⁻² of what they were before training.',
  run: (scale: Scale) => staleDecisions(sizes[scale], scale),
} satisfies Claim
