import { fingerprint, valueFingerprint } from '../../data/fingerprint.ts'
import { describe } from '../../train/description.ts'
import type { Experiment } from '../../train/experiment.ts'
import { taskOf } from '../../train/train.ts'

/** An experiment and its data as plain JSON, without its name: what must stay as it is while trials of it are kept. */
export function identityOf(experiment: Experiment): Record<string, unknown> {
  const { name, ...rest } = describe(experiment, taskOf(experiment))
  return { ...rest, data: { ...(rest.data as object), fingerprint: fingerprint(experiment.data) } }
}

const known = new WeakMap<Experiment, string>()

/** The identity of an experiment as a short text. It is made once, since all the data are read for it. */
export function identityFingerprint(experiment: Experiment): string {
  const made = known.get(experiment) ?? valueFingerprint(identityOf(experiment))
  known.set(experiment, made)
  return made
}
