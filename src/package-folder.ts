import { readFileSync } from 'node:fs'

/** Folder of the package, with `package.json` and `assets/`, whether this runs from `src/` or from `dist/`. */
export const packageFolder: URL = new URL('../', import.meta.url)

/** Whether this runs from the TypeScript sources, as in tests, instead of from `dist/`. */
export const isSource: boolean = import.meta.url.endsWith('.ts')

/** Folder of the library's code. */
export const codeFolder: URL = new URL(isSource ? 'src/' : 'dist/', packageFolder)

const parent = new URL('../', packageFolder)

/**
 * Folder for compiled modules of users. It is among the packages, where only those can write who can also change this
 * package's code: in the system's temporary folder, another user could put there what we would then run.
 */
export const cacheFolder: URL = new URL(
  '.cache/evenstep/',
  parent.pathname.endsWith('/node_modules/') ? parent : new URL('node_modules/', packageFolder),
)

/** Returns the version of this package. */
export function packageVersion(): string {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(new URL('package.json', packageFolder), 'utf8'),
  )
  return manifest.version
}
