import { existsSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { ArgumentError } from '../core/errors.ts'
import { isSource, packageFolder } from '../package-folder.ts'

/** Folder of the built pages. */
const built = new URL('dist/pages/', packageFolder)

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

/** A file of the built pages. */
interface BuiltFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
  readonly cache: string
}

/** Returns the file of the built pages at a path of the server; undefined if there is none. */
export function builtFile(path: string): BuiltFile | undefined {
  const name =
    path === '/' ? 'ui/index.html' : path.endsWith('/') ? `${path.slice(1)}index.html` : path.slice(1)
  // Names of files that a build makes: no dots that lead out of the folder.
  if (!/^[\w-]+(?:[./][\w-]+)*$/.test(name)) return undefined
  const url = new URL(name, built)
  const type = types[extname(name)]
  if (type === undefined || !existsSync(url)) return undefined
  const cache = name.includes('assets/') ? 'max-age=31536000, immutable' : 'no-cache'
  return { bytes: new Uint8Array(readFileSync(url)), type, cache }
}

/** @throws {ArgumentError} when the pages have not been built, as in a new clone of the repository. */
export function checkBuilt(): void {
  if (existsSync(new URL('ui/index.html', built))) return
  const fix =
    isSource || existsSync(new URL('pages/', packageFolder)) ? 'npm run pages' : 'install evenstep again'
  throw new ArgumentError(`ui: wanted the built pages, got none in ${built.pathname}; ${fix} makes them`)
}
