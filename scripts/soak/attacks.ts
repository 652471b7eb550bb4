import type { Attack } from './attack.ts'
import { concurrentCommands } from './concurrent.ts'
import { damagedFiles } from './damage.ts'
import { fullDisks } from './full-disk.ts'
import { killsOfSharedStudies } from './kill-shared.ts'
import { killsOfStudies } from './kill-study.ts'
import { killsOfTraining } from './kill-training.ts'
import { limits } from './limits.ts'
import { permissions } from './permissions.ts'

export const attacks: readonly Attack[] = [
  ...killsOfTraining,
  ...killsOfStudies,
  ...killsOfSharedStudies,
  ...fullDisks,
  ...permissions,
  ...limits,
  ...concurrentCommands,
  ...damagedFiles,
]
