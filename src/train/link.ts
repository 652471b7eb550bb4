/** Returns 1 / (1 + e⁻ˣ) in float64: the probability of a class from its logit. */
export const logistic = (x: number): number => 1 / (1 + Math.exp(-x))

/** Returns the softmax of `classes` scores from index `from` on, in float64. NaN everywhere if a score is NaN. */
export function softmaxAt(scores: ArrayLike<number | bigint>, from: number, classes: number): number[] {
  let most = -Infinity
  for (let c = 0; c < classes; c++) most = Math.max(most, Number(scores[from + c]))
  const exps: number[] = []
  let sum = 0
  for (let c = 0; c < classes; c++) sum += exps[c] = Math.exp(Number(scores[from + c]) - most)
  return exps.map((value) => value / sum)
}
