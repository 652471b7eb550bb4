import { existsSync } from 'node:fs'
import { join } from 'node:path'
import biomedicineAttention from './biomedicine-attention.ts'
import biomedicineCnn from './biomedicine-cnn.ts'
import biomedicineMlp from './biomedicine-mlp.ts'
import biomedicineRnn from './biomedicine-rnn.ts'
import type { Cell } from './cell.ts'
import languageAttention from './language-attention.ts'
import languageCnn from './language-cnn.ts'
import languageMlp from './language-mlp.ts'
import languageRnn from './language-rnn.ts'
import visionAttention from './vision-attention.ts'
import visionCnn from './vision-cnn.ts'
import visionMlp from './vision-mlp.ts'
import visionRnn from './vision-rnn.ts'

export const cells: readonly Cell[] = [
  visionMlp,
  visionCnn,
  visionRnn,
  visionAttention,
  languageMlp,
  languageCnn,
  languageRnn,
  languageAttention,
  biomedicineMlp,
  biomedicineCnn,
  biomedicineRnn,
  biomedicineAttention,
]

/** The file or folder that a cell needs and that is not there; undefined if nothing is missing. */
export function missing({ needs }: Cell): string | undefined {
  if (needs === undefined) return undefined
  const folder = process.env.EVENSTEP_DATA
  if (folder === undefined) return `EVENSTEP_DATA, the folder of ${needs},`
  return existsSync(join(folder, needs)) ? undefined : join(folder, needs)
}
