/**
 * Where a logarithmic axis is marked: at powers of ten, at 1, 2 and 5 times these, or at each of 1 to 9 times these,
 * whichever gives two marks first, and no more than six.
 */
export function logTicks(low: number, high: number): readonly number[] {
  const decades = Array.from(
    { length: Math.floor(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, i) => Math.floor(Math.log10(low)) + i,
  )
  const among = (factors: readonly number[]): number[] =>
    decades
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9))
  const tens = among([1])
  if (tens.length > 2) return tens.filter((_, i) => (tens.length - 1 - i) % Math.ceil(tens.length / 6) === 0)
  const some = among([1, 2, 5])
  return some.length > 1 ? some : among([1, 2, 3, 4, 5, 6, 7, 8, 9])
}
