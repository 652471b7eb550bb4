import { readFileSync } from 'node:fs'

/** Folder of the package, with `package.json` and `assets/`, whether this runs from `src/` or from `dist/`. */
export const packageFolder: URL = new URL('../', import.meta.url)

/** Whether this runs from the TypeScript sources, as in tests, instead of from `dist/`. */
export const isSource: boolean = import.meta.url.endsWith('.ts')

/** Folder of the library's code. */
export const codeFolder: URL = new URL(isSource ? 'src/' : 'dist/', packageFolder)

/** Returns the version of this package. */
export function packageVersion(): string {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(new URL('package.json', packageFolder), 'utf8'),
  )
  return manifest.version
}
