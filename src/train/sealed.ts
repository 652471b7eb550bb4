import { type Origin, sealOf } from './trust.ts'

/** Adds a seal (see `Seal`) to a run's description, if the description names the experiment's file. */
export function sealed(folder: string, description: Readonly<Record<string, unknown>>): object {
  const { origin } = description
  const { file } = Object(origin) as Partial<Origin>
  if (typeof file !== 'string') return description
  return { ...description, origin: { ...(origin as Origin), ...sealOf(folder, file) } }
}
