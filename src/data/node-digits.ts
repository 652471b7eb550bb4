import { fileURLToPath } from 'node:url'
import { packageFolder } from '../package-folder.ts'
import { readFile } from './files/read-file.ts'

/** Returns the bytes of the package's file of digits. */
export const digitsFile = (): Uint8Array =>
  readFile(fileURLToPath(new URL('assets/mnist-10x10.bin', packageFolder)))
