import { createHash, createHmac } from 'node:crypto'
import { closeSync, existsSync, lstatSync, openSync, readFileSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, extname, join, resolve } from 'node:path'
import { present } from '../core/options.ts'

// A run's folder names the file of its experiment, which may be code. Loading the run later executes that code, which
// is right on the machine where it was trained, and wrong in a folder that somebody else has sent. Nothing that is
// written in the folder can tell the two apart, since a stranger may write anything. The file system can: it gives each
// file a number and a time of change that nobody can choose or know beforehand. The two numbers of the folder's file
// `.place`, or those of the experiment's file, are the key of a code (HMAC) of the experiment's sources: a seal. The
// first seal is valid in the folder where it was made, even after the experiment was changed and changed back; the
// second seal is also valid in a copy of the folder, beside the same experiment.

/** Seal of an experiment's file, in run.json: shows that the run was trained with this file on this machine. */
export interface Seal {
  /** Hash of the file and of all files that it imports by relative paths. */
  readonly sha256: string
  /** HMAC of path and `sha256`; key: inode and change time of a file in the run's folder, which nobody can choose. */
  readonly seal?: string
  /** HMAC of path and `sha256`; key: inode and change time of the experiment's file, which nobody can choose. */
  readonly fileSeal?: string
}

/** Where a run's experiment was loaded from, as recorded in run.json. */
export interface Origin extends Partial<Seal> {
  /** Path of the experiment's file. */
  readonly file: string
  /** Settings changed for this run on the command line, such as `epochs=10`. */
  readonly settings: readonly string[]
}

/**
 * Relation of an experiment's file to a run: the file that the run was trained with on this machine (`own`), this
 * file but changed since (`changed`), or any other file (`foreign`).
 */
export type Relation = 'own' | 'changed' | 'foreign'

/** Returns the seal of an experiment's file for the run in `folder`; undefined for JSON, which runs no code. */
export function sealOf(folder: string, file: string): Seal | undefined {
  if (extname(file) === '.json') return undefined
  const place = placeIn(folder)
  if (!existsSync(place)) closeSync(openSync(place, 'wx'))
  const sha256 = hashOfSources(file)
  if (sha256 === undefined) return undefined
  return present({ sha256, seal: codeOf(place, file, sha256), fileSeal: codeOf(file, file, sha256) })
}

/** Returns the relation of the experiment's file to the run in `folder`, given the seal in the run's run.json. */
export function relationOf(folder: string, file: string, given: Partial<Seal>): Relation {
  const { sha256, seal, fileSeal } = given
  if (typeof sha256 !== 'string' || !isOwn(join(folder, 'run.json'))) return 'foreign'
  const isRight = (code: unknown, keeper: string): boolean =>
    typeof code === 'string' && codeOf(keeper, file, sha256) === code
  if (!isRight(seal, placeIn(folder)) && !isRight(fileSeal, file)) return 'foreign'
  return hashOfSources(file) === sha256 ? 'own' : 'changed'
}

const placeIn = (folder: string): string => join(folder, '.place')

/** Returns the HMAC of a path and hash; key: inode and change time of the file `keeper`. Undefined without it. */
function codeOf(keeper: string, file: string, sha256: string): string | undefined {
  const key = isOwn(keeper) ? keyOf(keeper) : undefined
  return (
    key &&
    createHmac('sha256', key)
      .update(JSON.stringify([resolve(file), sha256]))
      .digest('hex')
  )
}

/** Returns inode and change time of a file, as text. */
function keyOf(file: string): string {
  const { ino, ctimeNs } = lstatSync(file, { bigint: true })
  return `${ino} ${ctimeNs}`
}

/** Whether a path is a regular file (no symbolic link) that belongs to the current user. */
function isOwn(path: string): boolean {
  try {
    const [file, { uid }] = [lstatSync(path), userInfo()]
    return file.isFile() && (uid < 0 || file.uid === uid) // Windows has no numbers of users
  } catch {
    return false // no such file, or a user without a name
  }
}

const relativeImport = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"`])(\.{1,2}\/[^'"`\n]+)\1/g

/** Hashes a source file and all files that it imports by relative paths; undefined if one cannot be read. */
function hashOfSources(file: string): string | undefined {
  const hash = createHash('sha256')
  try {
    for (const [, source] of sourceFilesOf(file)) hash.update(createHash('sha256').update(source).digest())
    return hash.digest('hex')
  } catch {
    return undefined
  }
}

/** Yields the absolute path and the bytes of a source file and of all files that it imports by relative paths. */
export function* sourceFilesOf(file: string): Generator<readonly [path: string, source: Buffer]> {
  const seen = new Set([resolve(file)])
  for (const path of seen) {
    const source = readFileSync(path)
    yield [path, source]
    for (const [, , name] of source.toString('latin1').matchAll(relativeImport)) {
      const found = fileAt(resolve(dirname(path), name!))
      if (found !== undefined) seen.add(found)
    }
  }
}

const endings = ['', '.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js']

/** Resolves an imported path to a file: extensions may be omitted, and `.js` may stand for `.ts`. */
function fileAt(path: string): string | undefined {
  const names = [...endings.map((ending) => path + ending), path.replace(/\.([mc]?)js$/, '.$1ts')]
  return names.find((name) => existsSync(name) && statSync(name).isFile())
}
