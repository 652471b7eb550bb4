import type { ScheduleSpec } from '../schedule.ts'

/**
 * Adapts a schedule to a metric, such as a validation loss. Each value of the metric updates a state, which
 * determines a factor of the schedule, and whether training should end.
 *
 *     value = schedule(step) · factor(state)
 *
 * The state is plain JSON, so that a checkpoint can store it.
 */
export interface Controller<State = unknown> {
  /** Description of this controller as plain JSON, from which `parseController` makes an equal controller. */
  readonly spec: ScheduleSpec
  /** State before any value of the metric is known. */
  readonly initial: State
  /** Returns the next state, given a new value of the metric, such as a validation loss. */
  update(state: State, metric: number): State
  /** Returns the number by which to multiply the value of the schedule while in this state. */
  factor(state: State): number
  /** Whether training should end in this state. */
  stop(state: State): boolean
}

/** Returns the controller's state after all these values of the metric, starting from its initial state. */
export function fold<State>(controller: Controller<State>, metrics: Iterable<number>): State {
  let state = controller.initial
  for (const metric of metrics) state = controller.update(state, metric)
  return state
}
