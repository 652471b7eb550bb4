import { sha256 } from '#platform'
import { variables } from '../../core/state.ts'
import { type WeightSource, weightSources } from '../../core/weight-source.ts'
import { digest } from '../../data/fingerprint.ts'
import type { Experiment } from '../experiment.ts'
import { newModel } from '../new-model.ts'

/** The weights that a run starts from, where they do not follow from its seed. */
interface StartedFrom {
  /** Hash of the weights, by name. */
  readonly startedFrom?: string
  /** Files that the weights were read from. */
  readonly weightFiles?: readonly WeightSource[]
}

/** Describes the weights that an experiment's model brings along, such as pretrained ones; empty if it has none. */
export function startedFrom(experiment: Experiment): StartedFrom {
  const model = newModel(experiment)
  const given = [...variables(model)].filter(([, { initialized }]) => initialized)
  if (given.length === 0) return {}
  const hash = sha256()
  for (const [name, { data }] of given) hash.update(name).update(data)
  const files = weightSources(model)
  return { startedFrom: digest(hash), ...(files.length > 0 && { weightFiles: files }) }
}
