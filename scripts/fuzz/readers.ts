import { csv } from './csv.ts'
import type { FuzzReader } from './reader.ts'

/** All readers that scripts/fuzz-readers.ts tries. */
export const readers: readonly FuzzReader[] = [csv]
