/** A ratio of two arms, seed by seed, and what a claim says of it. */
export interface Effect {
  /** The two arms and what is compared: 'steps to a loss of 0.25, BN to none'. */
  readonly what: string
  /** Natural logarithm of the ratio for each seed; null where one of the two runs diverged. */
  readonly logRatios: readonly (number | null)[]
  /** On which side of 1 the ratio lies according to the claim; absent if the claim says nothing of it. */
  readonly wanted?: 'below 1' | 'above 1'
}

/** The effect of a ratio a/b of two arms with the same seeds. */
export const effect = (
  what: string,
  a: readonly number[],
  b: readonly number[],
  wanted?: Effect['wanted'],
): Effect => ({
  what,
  logRatios: a.map((value, i) => {
    const ratio = Math.log(value / b[i]!)
    return Number.isFinite(ratio) ? ratio : null
  }),
  ...(wanted !== undefined && { wanted }),
})
