import { closeSync, constants, fstatSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, sep } from 'node:path'
import { malformed } from '../core/mismatch.ts'
import { onFile } from './fault.ts'
import { openInside } from './inside.ts'
import { readRange } from './read-bytes.ts'

/**
 * Returns bytes of a file that another file in `folder` names. The file must lie in the folder, and no link on the way
 * may lead out of it, since the other file may come from a stranger.
 *
 * @param who name of the other file in errors
 * @throws {FormatError} when the path leads out of the folder, is a link or no regular file, or is too short.
 */
export function readBeside(
  folder: string,
  name: string,
  offset: number,
  length: number,
  who: string,
): Uint8Array {
  const path = join(folder, name)
  const isInside =
    name !== '' && !name.includes('\0') && !isAbsolute(name) && !name.split(/[\\/]/).includes('..')
  if (!isInside) throw malformed(who, "weights in the model's folder", name || 'no path')
  const file = onFile(path, () => {
    checkFolderOf(folder, path, name, who)
    return openInside(path, constants.O_RDONLY)
  })
  if (file === undefined)
    throw malformed(who, `the file ${name} beside the model`, 'none', 'copy it there, too')
  try {
    const { size } = fstatSync(file)
    if (offset + length > size) throw malformed(path, `${offset + length} bytes`, size, 'the file is damaged')
    return new Uint8Array(onFile(path, () => readRange(file, offset, offset + length, path)))
  } finally {
    closeSync(file)
  }
}

function checkFolderOf(folder: string, path: string, name: string, who: string): void {
  const root = realpathSync(folder)
  let real: string
  try {
    real = realpathSync(dirname(path))
  } catch {
    return // no such folder, as opening the file will show
  }
  if (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) return
  throw malformed(who, "weights in the model's folder", name, 'a link leads out of it')
}
