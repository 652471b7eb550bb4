import type { ScheduleSpec } from '../schedule.ts'

/**
 * A fold over a metric that gives a factor for any schedule: the value of a step is `s(step) * c.factor(state)`.
 *
 * The state is plain JSON, so a checkpoint keeps it and resuming is going on from it. `update` changes nothing; it
 * gives the next state.
 */
export interface Controller<State = unknown> {
  /** What this controller is, as plain JSON: `parseController(c.spec)` gives an equal one. */
  readonly spec: ScheduleSpec
  /** The state before the first metric. */
  readonly initial: State
  /** The state after one more metric, say of a validation. */
  update(state: State, metric: number): State
  /** What multiplies the schedule in this state. */
  factor(state: State): number
  /** Whether training should end in this state. */
  stop(state: State): boolean
}

/** The state after a series of metrics, from the beginning. */
export function fold<State>(controller: Controller<State>, metrics: Iterable<number>): State {
  let state = controller.initial
  for (const metric of metrics) state = controller.update(state, metric)
  return state
}
