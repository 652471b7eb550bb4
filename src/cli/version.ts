import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** The version of this package. */
export const version: string = manifest.version

/** The versions that a run or study records. */
export const versions: Readonly<Record<string, string>> = { evenstep: version, node: process.versions.node }
