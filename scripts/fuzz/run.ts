import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { EvenstepError } from '../../src/core/errors.ts'
import { Draw, type FuzzFile, type FuzzReader } from './reader.ts'

/** What became of one file. */
export interface Outcome {
  readonly result: 'read' | 'refused' | 'crash' | 'memory'
  readonly message?: string
}

/** Bytes that reading may take besides four times the size of the file. */
const allowance = 100 * 2 ** 20

/** Writes a file, or the files of a folder, and returns its path. */
export function write({ name, content }: FuzzFile, folder: string): string {
  const path = join(folder, name)
  if (content instanceof Uint8Array) writeFileSync(path, content)
  else {
    rmSync(path, { recursive: true, force: true })
    mkdirSync(path)
    for (const [inner, bytes] of content) {
      mkdirSync(dirname(join(path, inner)), { recursive: true })
      writeFileSync(join(path, inner), bytes)
    }
  }
  return path
}

/** Makes file `index` of a seed for a reader, and reads it. */
export async function tryFile(
  reader: FuzzReader,
  seed: number,
  index: number,
  folder: string,
): Promise<Outcome> {
  const file = reader.make(new Draw(reader.name, seed, index))
  const path = write(file, folder)
  const before = process.memoryUsage.rss()
  const peak = process.resourceUsage().maxRSS
  const outcome = await outcomeOf(() => file.read(path))
  // The peak of the process is one of this file only if it rose meanwhile.
  const after = process.resourceUsage().maxRSS
  const taken = after > peak ? after * 1024 - before : 0
  const parts = file.content instanceof Uint8Array ? [file.content] : [...file.content.values()]
  const size = parts.reduce((sum, { length }) => sum + length, 0)
  if (taken <= 4 * size + allowance) return outcome
  return { result: 'memory', message: `${taken} bytes for a file of ${size}` }
}

async function outcomeOf(read: () => unknown): Promise<Outcome> {
  try {
    await read()
    return { result: 'read' }
  } catch (error) {
    if (error instanceof EvenstepError) return { result: 'refused', message: error.message }
    return { result: 'crash', message: error instanceof Error ? `${error.stack}` : String(error) }
  }
}
