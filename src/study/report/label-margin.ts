/** The room that labels need at the left of a chart, in pixels: wide letters of 11 px, so that any font fits. */
export function labelMargin(labels: readonly string[]): number {
  return 14 + 6.3 * Math.max(...labels.map((label) => label.length))
}
