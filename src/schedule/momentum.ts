import { mismatch } from '../core/mismatch.ts'
import { cyclicMomentum } from './cycles.ts'
import { oneCycleMomentum } from './one-cycle.ts'
import type { Schedule } from './schedule.ts'

export interface MomentumOptions {
  /** The momentum at the top of the learning rate; PyTorch's unless given: 0.85 for oneCycle, 0.8 for cyclic. */
  readonly baseMomentum?: number
  /** The momentum where the learning rate is lowest; PyTorch's unless given: 0.95 for oneCycle, 0.9 for cyclic. */
  readonly maxMomentum?: number
}

/**
 * The momentum that PyTorch would move against a `oneCycle` or `cyclic` learning rate.
 *
 * @throws {ArgumentError} for any other schedule
 * @example schedule.momentumOf(schedule.oneCycle(1, { totalSteps: 10 }))(2) // 0.85
 */
export function momentumOf(schedule: Schedule, options: MomentumOptions = {}): Schedule {
  const { type, maxLr, baseLr, divFactor, finalDivFactor, ...shape } = schedule.spec
  const { baseMomentum, ...rest } = options
  const phases = { ...shape, ...rest } as unknown as Parameters<typeof oneCycleMomentum>[1]
  if (type === 'oneCycle') return oneCycleMomentum(baseMomentum ?? 0.85, phases)
  if (type === 'cyclic')
    return cyclicMomentum(baseMomentum ?? 0.8, phases as Parameters<typeof cyclicMomentum>[1])
  throw mismatch(
    'schedule.momentumOf',
    'a oneCycle or cyclic schedule',
    type,
    'give momentum a schedule of its own',
  )
}
