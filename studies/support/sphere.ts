import { ops, type Tensor } from 'evenstep'

// What happens to weights whose size does not matter: how far they turn, and how large their gradient is for it.

const length = (t: Tensor): Tensor => ops.sqrt(ops.sum(ops.square(t)))

/** ‖ŵ₊ − ŵ‖, the chord between two directions: twice the sine of half the angle, exact for the smallest of them. */
export const chord = (before: Tensor, after: Tensor): Tensor =>
  length(ops.sub(ops.div(after, length(after)), ops.div(before, length(before))))

/** The angle of a chord, in radians. */
export const angle = (chord: number): number => 2 * Math.asin(chord / 2)

/** ‖g‖/‖w‖. */
export const ratio = (gradient: Tensor, weight: Tensor): Tensor => ops.div(length(gradient), length(weight))
