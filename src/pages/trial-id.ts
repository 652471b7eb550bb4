/** Returns the id of a trial of a study, by which pages ask for it: where a study has a folder, the path of the trial's. */
export const trialId = (study: string, trial: number): string =>
  `${study}/trials/${String(trial).padStart(4, '0')}`

/** Splits the id of a trial into that of its study and its number; undefined if it is none. */
export function trialIn(id: string): readonly [study: string, trial: number] | undefined {
  const [, study, trial] = /^(.+)\/trials\/(\d{4,9})$/s.exec(id) ?? []
  return study === undefined ? undefined : [study, Number(trial)]
}
