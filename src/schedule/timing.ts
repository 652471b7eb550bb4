/** Timing of a schedule: the steps at which its values settle. */
export interface Timing {
  /** Step from which the schedule holds its last value; Infinity if it never does. */
  readonly end: number
  /** Last step at which a planned change happens: the schedule's end, a warmup's end or a milestone. */
  readonly last: number
  /** Whether the schedule is constant, so that its product with another schedule ends when the other does. @default false */
  readonly isConstant?: boolean
  /** Whether the schedule's last value is meant to be held for the rest of the run. @default false */
  readonly isHeld?: boolean
}

/** Timing of a schedule that has neither an end nor anything planned, such as an exponential decay. */
export const endless: Timing = { end: Number.POSITIVE_INFINITY, last: 0 }

/** Returns the timing of an endless schedule whose last planned step is `last`. */
export const until = (last: number): Timing => ({ end: Number.POSITIVE_INFINITY, last })

/** Returns the timing of a schedule that begins `steps` steps later than one with this timing. */
export const later = ({ end, last, ...kind }: Timing, steps: number): Timing => ({
  ...kind,
  end: end + steps,
  last: Math.max(last + steps, 0),
})
