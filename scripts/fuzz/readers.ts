import { cifar, idx, npy } from './arrays.ts'
import { csv } from './csv.ts'
import { images } from './images.ts'
import { npz } from './npz.ts'
import { parquet } from './parquet.ts'
import type { FuzzReader } from './reader.ts'
import { safetensors } from './safetensors.ts'

/** All readers that scripts/fuzz-readers.ts tries. */
export const readers: readonly FuzzReader[] = [csv, npy, npz, idx, cifar, safetensors, parquet, images]
