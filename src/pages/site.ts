import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
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
  '.bin': 'application/octet-stream',
  '.npz': 'application/octet-stream',
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
  const type = types[extname(name)]
  const url = [new URL(name, built), originOf(name)].find((url) => url && existsSync(url))
  if (type === undefined || url === undefined) return undefined
  const cache = name.includes('assets/') ? 'max-age=31536000, immutable' : 'no-cache'
  return { bytes: new Uint8Array(readFileSync(url)), type, cache }
}

/**
 * Returns the file that a large file of the pages was copied from, the digits or ONNX Runtime's WebAssembly: an installed
 * package has each only once.
 */
function originOf(name: string): URL | undefined {
  const [, file, hasDigits] = /^assets\/(.+)-[\w-]{8}(?:\.wasm|(\.bin))$/.exec(name) ?? []
  if (file === undefined) return undefined
  if (hasDigits) return new URL(`assets/${file}.bin`, packageFolder)
  const engine = createRequire(import.meta.url).resolve('onnxruntime-web')
  return new URL(`${file}.wasm`, pathToFileURL(engine))
}

/** @throws {ArgumentError} when the pages have not been built, as in a new clone of the repository. */
export function checkBuilt(): void {
  if (existsSync(new URL('ui/index.html', built))) return
  const fix =
    isSource || existsSync(new URL('pages/', packageFolder)) ? 'npm run pages' : 'install evenstep again'
  throw new ArgumentError(`ui: wanted the built pages, got none in ${built.pathname}; ${fix} makes them`)
}
