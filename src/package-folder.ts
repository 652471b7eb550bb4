/** Folder of the package, with `package.json` and `assets/`, whether this runs from `src/` or from `dist/`. */
export const packageFolder: URL = new URL('../', import.meta.url)

/** Whether this runs from the TypeScript sources, as in tests, instead of from `dist/`. */
export const isSource: boolean = import.meta.url.endsWith('.ts')

/** Folder of the library's code. */
export const codeFolder: URL = new URL(isSource ? 'src/' : 'dist/', packageFolder)
