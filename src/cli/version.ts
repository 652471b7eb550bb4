import { readFileSync } from 'node:fs'

const manifest = new URL('../../package.json', import.meta.url)

/** The version of this package. */
export const { version }: { readonly version: string } = JSON.parse(readFileSync(manifest, 'utf8'))

/** The versions of evenstep and Node.js, which are recorded with each run and study. */
export const versions: Readonly<Record<string, string>> = { evenstep: version, node: process.versions.node }
