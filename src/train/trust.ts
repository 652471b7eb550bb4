import { createHash, createHmac } from 'node:crypto'
import { closeSync, existsSync, lstatSync, openSync, readFileSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, extname, join, resolve } from 'node:path'

// A run's folder names the file of its experiment, which may be code. Loading the run later executes that code, which
// is right on the machine where it was trained, and wrong in a folder that somebody else has sent. Nothing that is
// written in the folder can tell the two apart, since a stranger may write anything. The file system can: it gives the
// folder's file `.place` a number and a time of change that nobody can choose or know beforehand. These two numbers
// are the key of a code (HMAC) of the experiment's sources, the seal, which is right only where it was made.

/** What seals an experiment's file to a run's folder, as recorded in run.json. */
export interface Seal {
  /** Hash of the file and of the files that it imports by relative paths. */
  readonly sha256: string
  /** HMAC of path and hash, whose key only the file system of the run's folder knows. */
  readonly seal: string
}

/** How an experiment's file is related to a run: the one it was trained with here, that file but changed, or any. */
export type Relation = 'own' | 'changed' | 'foreign'

/** Returns the seal of an experiment's file for the run in `folder`; undefined for JSON, which runs no code. */
export function sealOf(folder: string, file: string): Seal | undefined {
  if (extname(file) === '.json') return undefined
  const place = placeIn(folder)
  if (!existsSync(place)) closeSync(openSync(place, 'wx'))
  const key = keyIn(folder)
  const sha256 = hashOfSources(file)
  if (key === undefined || sha256 === undefined) return undefined
  return { sha256, seal: codeOf(key, file, sha256) }
}

/** Returns how the experiment's file is related to the run in `folder`, whose run.json has the given seal. */
export function relationOf(folder: string, file: string, { sha256, seal }: Partial<Seal>): Relation {
  const key = keyIn(folder)
  if (key === undefined || typeof sha256 !== 'string' || codeOf(key, file, sha256) !== seal) return 'foreign'
  return hashOfSources(file) === sha256 ? 'own' : 'changed'
}

const placeIn = (folder: string): string => join(folder, '.place')

const codeOf = (key: string, file: string, sha256: string): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([resolve(file), sha256]))
    .digest('hex')

/** Returns the key of a run's folder; undefined if it has none, or belongs to another user of the machine. */
function keyIn(folder: string): string | undefined {
  try {
    const place = lstatSync(placeIn(folder), { bigint: true })
    const { uid } = userInfo()
    const isOwn = (owner: number): boolean => uid < 0 || owner === uid // Windows has no numbers of users
    if (!place.isFile() || !isOwn(Number(place.uid))) return undefined
    const description = join(folder, 'run.json')
    if (existsSync(description) && !isOwn(statSync(description).uid)) return undefined
    return `${place.ino} ${place.ctimeNs}`
  } catch {
    return undefined // no such file, or a user without a name
  }
}

const relativeImport = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"`])(\.{1,2}\/[^'"`\n]+)\1/g

/** Returns a hash of a source file and all that it imports by relative paths; undefined if it cannot be read. */
function hashOfSources(file: string): string | undefined {
  const hash = createHash('sha256')
  const seen = new Set([resolve(file)])
  try {
    for (const path of seen) {
      const source = readFileSync(path)
      hash.update(createHash('sha256').update(source).digest())
      for (const [, , name] of source.toString('latin1').matchAll(relativeImport)) {
        const found = fileAt(resolve(dirname(path), name!))
        if (found !== undefined) seen.add(found)
      }
    }
    return hash.digest('hex')
  } catch {
    return undefined
  }
}

const endings = ['', '.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js']

/** Returns the file that an import means: extensions may be left out, and `.js` may stand for `.ts`. */
function fileAt(path: string): string | undefined {
  const names = [...endings.map((ending) => path + ending), path.replace(/\.([mc]?)js$/, '.$1ts')]
  return names.find((name) => existsSync(name) && statSync(name).isFile())
}
