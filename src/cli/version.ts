import { readFileSync } from 'node:fs'
import { packageFolder } from '../package-folder.ts'

const manifest = new URL('package.json', packageFolder)

/** The version of this package. */
export const { version }: { readonly version: string } = JSON.parse(readFileSync(manifest, 'utf8'))

/** The versions of evenstep and Node.js, which are recorded with each run and study. */
export const versions: Readonly<Record<string, string>> = { evenstep: version, node: process.versions.node }
