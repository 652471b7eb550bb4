import { checkFields, mismatch } from '../../core/mismatch.ts'
import type { ScheduleSpec } from '../schedule.ts'
import type { Goal } from './improvement.ts'

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
  /** Returns the number that multiplies the value of the schedule while the controller is in this state. */
  factor(state: State): number
  /** Whether training should end once the controller is in this state. */
  stop(state: State): boolean
  /** Returns why training should end in this state: the rest of a sentence that begins with the metric's name. */
  reason?(state: State): string
  /**
   * Returns a controller like this one for a metric of which lower ('min') or higher ('max') values are better.
   * Absent if the controller does not compare values.
   *
   * @param metric name of the metric, for the error
   * @throws {ArgumentError} when the controller was made for the opposite goal.
   */
  follow?(goal: Goal, metric: string): Controller<State>
}

/**
 * Returns a controller that compares values of a metric. The mode says whether lower ('min') or higher ('max')
 * values are better. If no mode is given, it is 'min' until `follow` is called with the goal of the metric.
 *
 * @param given the mode, if the user set one
 * @param make returns the controller for a mode
 */
export function comparing<State>(
  who: string,
  given: Goal | undefined,
  make: (mode: Goal) => Omit<Controller<State>, 'spec' | 'follow'>,
  spec: (mode: Goal | undefined) => ScheduleSpec,
): Controller<State> {
  const inMode = (mode: Goal | undefined): Controller<State> => ({
    spec: spec(mode),
    ...make(mode ?? 'min'),
    follow(goal, metric) {
      if (given === undefined || given === goal) return inMode(goal)
      const better = goal === 'max' ? 'higher' : 'lower'
      const fix = `${metric} is better if ${better}, so leave mode out`
      throw mismatch(who, `mode as '${goal}' to follow ${metric}`, given, fix)
    },
  })
  return inMode(given)
}

/** Returns the controller's state after all these values of the metric, starting from its initial state. */
export function fold<State>(controller: Controller<State>, metrics: Iterable<number>): State {
  checkFields(
    'schedule.fold',
    'a controller, such as schedule.reduceOnPlateau()',
    controller,
    'update',
    'factor',
  )
  if (typeof Object(metrics)[Symbol.iterator] !== 'function') {
    throw mismatch('schedule.fold', 'a list of numbers', metrics)
  }
  let state = controller.initial
  for (const metric of metrics) state = controller.update(state, metric)
  return state
}
