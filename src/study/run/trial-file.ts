import { join } from 'node:path'

/** Returns the path of the file that holds the result of the trial in `folder`. */
export const trialFile = (folder: string): string => join(folder, 'trial.json')
