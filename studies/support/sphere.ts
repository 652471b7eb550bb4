import { ops, type Tensor } from 'evenstep'

// Weights whose norm is irrelevant: how far they turn, and their gradient relative to the norm.

const length = (t: Tensor): Tensor => ops.sqrt(ops.sum(ops.square(t)))

/** ‖ŵ₊ − ŵ‖, the chord between two directions: 2·sin(angle/2), accurate even for tiny angles. */
export const chord = (before: Tensor, after: Tensor): Tensor =>
  length(ops.sub(ops.div(after, length(after)), ops.div(before, length(before))))

/** The angle of a chord, in radians. */
export const angle = (chord: number): number => 2 * Math.asin(chord / 2)

/** ‖g‖/‖w‖. */
export const ratio = (gradient: Tensor, weight: Tensor): Tensor => ops.div(length(gradient), length(weight))
