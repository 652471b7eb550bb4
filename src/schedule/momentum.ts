import { checkFields, mismatch } from '../core/mismatch.ts'
import { number, type OptionsOf, readOptions } from '../core/options.ts'
import { cyclicMomentum } from './cycles.ts'
import { oneCycleMomentum } from './one-cycle.ts'
import type { Schedule } from './schedule.ts'

const options = {
  /** Momentum where the learning rate is highest. @default 0.85 for oneCycle, 0.8 for cyclic, as in PyTorch */
  baseMomentum: number(),
  /** Momentum where the learning rate is lowest. @default 0.95 for oneCycle, 0.9 for cyclic, as in PyTorch */
  maxMomentum: number(),
}
export interface MomentumOptions extends OptionsOf<typeof options> {}

/**
 * Returns the momentum schedule that PyTorch would use with this `oneCycle` or `cyclic` learning rate.
 *
 * @throws {ArgumentError} for any other schedule
 * @example schedule.momentumOf(schedule.oneCycle(1, { totalSteps: 10 }))(2) // 0.85
 */
export function momentumOf(schedule: Schedule, given: MomentumOptions = {}): Schedule {
  const who = 'schedule.momentumOf'
  const { baseMomentum, maxMomentum } = readOptions(who, options, given)
  checkFields(who, 'a schedule', schedule, 'spec')
  const { type, maxLr, baseLr, divFactor, finalDivFactor, ...shape } = schedule.spec
  const phases = { ...shape, maxMomentum } as object
  if (type === 'oneCycle') return oneCycleMomentum(baseMomentum ?? 0.85, phases)
  if (type === 'cyclic') return cyclicMomentum(baseMomentum ?? 0.8, phases)
  throw mismatch(who, 'a oneCycle or cyclic schedule', type, 'give momentum its own schedule')
}
