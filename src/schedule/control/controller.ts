import type { ScheduleSpec } from '../schedule.ts'

/**
 * A fold over a metric that yields a factor for any schedule `s`: a step's value is `s(step) *
 * c.factor(state)`.
 *
 * The state is plain JSON, so a checkpoint can keep it and a run can resume from it. `update` returns the next
 * state and changes nothing.
 */
export interface Controller<State = unknown> {
  /** This controller as plain JSON: `parseController(c.spec)` returns an equal one. */
  readonly spec: ScheduleSpec
  /** The state before the first metric. */
  readonly initial: State
  /** The state after one more metric, such as a validation loss. */
  update(state: State, metric: number): State
  /** What multiplies the schedule in this state. */
  factor(state: State): number
  /** Whether training should end in this state. */
  stop(state: State): boolean
}

/** Returns the state after a series of metrics, from the beginning. */
export function fold<State>(controller: Controller<State>, metrics: Iterable<number>): State {
  let state = controller.initial
  for (const metric of metrics) state = controller.update(state, metric)
  return state
}
