import { NotRun, type Runs } from './book.ts'
import { type MainNorm, norms, type Schedule, schedules } from './cell.ts'
import type { Outcome, Plan } from './learner.ts'
import { type Arm, race } from './race.ts'

/** An arm with its chosen rate and its runs from fresh seeds. */
export interface TrainedArm extends Arm {
  readonly norm: MainNorm
  readonly lr: number
  readonly tried: readonly number[]
  /** By seed. */
  readonly outcomes: ReadonlyMap<number, Outcome>
}

/** Numbers of seeds at which one looks. */
export const looks: readonly number[] = [3, 6, 12]

/** What came out of a plan from each seed, from 0 on, of the last look whose seeds have all been run, or of fewer. */
export async function outcomes(runs: Runs, plan: Omit<Plan, 'seed'>): Promise<ReadonlyMap<number, Outcome>> {
  const all = new Map<number, Outcome>()
  for (let seed = 0; seed < looks.at(-1)!; seed++) {
    try {
      all.set(seed, await runs.outcome({ ...plan, seed }))
    } catch (error) {
      if (!(error instanceof NotRun)) throw error
      break
    }
  }
  const complete = looks.findLast((look) => look <= all.size) ?? all.size
  return new Map([...all].filter(([seed]) => seed < complete))
}

/** The twelve arms. @throws {NotRun} unless all have run from the seeds of the first look. */
export async function trainedArms(runs: Runs): Promise<readonly TrainedArm[]> {
  const arms: TrainedArm[] = []
  for (const norm of norms) {
    for (const schedule of schedules) {
      const { lr, tried } = await race(runs, { norm, schedule })
      const found = await outcomes(runs, { norm, schedule, lr, steps: runs.cell.steps })
      if (found.size < looks[0]!) throw new NotRun(`${runs.cell.id}: ${norm} ${schedule} lacks seeds`)
      arms.push({ norm, schedule, lr, tried, outcomes: found })
    }
  }
  return arms
}

/** Mean over seeds of the logarithm of the validation loss; infinite if a run diverged or failed. */
export function score({ outcomes }: TrainedArm): number {
  const losses = Array.from(
    outcomes.values(),
    ({ validationLoss = Number.POSITIVE_INFINITY }) => validationLoss,
  )
  return losses.reduce((sum, loss) => sum + Math.log(loss), 0) / losses.length
}

/** The arm of a normalization whose validation loss is the lowest, among some schedules. */
export const chosenArm = (
  arms: readonly TrainedArm[],
  norm: MainNorm,
  among: readonly Schedule[] = schedules,
): TrainedArm =>
  arms
    .filter((arm) => arm.norm === norm && among.includes(arm.schedule))
    .reduce((a, b) => (score(b) < score(a) ? b : a))
