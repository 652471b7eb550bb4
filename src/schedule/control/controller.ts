import type { ScheduleSpec } from '../schedule.ts'

/**
 * Adapts a schedule `s` to a metric: a fold over the metric's values whose state determines a factor.
 *
 *     value = s(step) · factor(state)
 *
 * The state is plain JSON, so that a checkpoint can store it.
 */
export interface Controller<State = unknown> {
  /** This controller as plain JSON: `parseController(c.spec)` returns an equal one. */
  readonly spec: ScheduleSpec
  /** State before the first value of the metric. */
  readonly initial: State
  /** Returns the state after one more value of the metric, such as a validation loss. */
  update(state: State, metric: number): State
  /** Returns the factor of the schedule in this state. */
  factor(state: State): number
  /** Whether training should end in this state. */
  stop(state: State): boolean
}

/** Returns the state after a sequence of metric values, starting from the initial state. */
export function fold<State>(controller: Controller<State>, metrics: Iterable<number>): State {
  let state = controller.initial
  for (const metric of metrics) state = controller.update(state, metric)
  return state
}
