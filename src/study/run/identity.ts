import { fingerprint, valueFingerprint } from '../../data/fingerprint.ts'
import { describe } from '../../train/description.ts'
import type { Experiment } from '../../train/experiment.ts'
import { taskOf } from '../../train/train.ts'

/** Returns everything that affects trials' results, as JSON: the data, and the experiment except its name. */
export function identityOf(experiment: Experiment): Record<string, unknown> {
  const { name, ...rest } = describe(experiment, taskOf(experiment))
  return { ...rest, data: { ...(rest.data as object), fingerprint: fingerprint(experiment.data) } }
}

const known = new WeakMap<Experiment, string>()

/** Returns a hash of an experiment and its data. Computed once per experiment, because it reads all the data. */
export function identityFingerprint(experiment: Experiment): string {
  const made = known.get(experiment) ?? valueFingerprint(identityOf(experiment))
  known.set(experiment, made)
  return made
}
