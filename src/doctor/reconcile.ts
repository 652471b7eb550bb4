import { unadvised } from './advised.ts'
import type { ExperimentChange } from './change.ts'
import type { Diagnosis, Finding, RateMove } from './diagnosis.ts'

/** A diagnosis that is a finding. */
type Found = Diagnosis & Finding

/** Returns in which way a change moves the learning rate; undefined if it leaves the rate unchanged. */
export function moveOf(change: ExperimentChange | undefined): RateMove | undefined {
  if (change?.type === 'fall') return 'fall'
  if (change?.type !== 'rate') return undefined
  return change.factor > 1 ? 'raise' : 'lower'
}

/**
 * Reconciles the findings of one run, so that no advice contradicts another. Advice on the learning rate is
 * withdrawn, and its finding becomes a note that names the reason, if
 *
 * - the values measured by another diagnostic argue against it (`opposes`), or
 * - it multiplies the rate by a factor, and D12, which tests rates by training, already advises a factor.
 *
 * @param all all findings of a run, including those that will not be shown
 */
export function reconciled(all: readonly Found[]): readonly Found[] {
  return all.map((finding) => {
    const move = moveOf(finding.change)
    if (!move) return finding
    const others = all.filter(({ id }) => id !== finding.id)
    const opponent = others.find(({ opposes }) => opposes?.includes(move))
    if (opponent) return withdrawn(finding, `; no change is advised, since ${opponent.id} speaks against one`)
    const isTested = others.some(({ id, change }) => id === 'D12' && change?.type === 'rate')
    return isTested && move !== 'fall' ? withdrawn(finding, '; see D12 for the rate') : finding
  })
}

const withdrawn = (finding: Found, reason: string): Found => ({
  ...unadvised(finding, reason),
  severity: 'note',
})
