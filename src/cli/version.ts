import { packageVersion } from '../package-folder.ts'

/** The version of this package. */
export const version: string = packageVersion()

/** The versions of evenstep and Node.js, which are recorded with each run and study. */
export const versions: Readonly<Record<string, string>> = { evenstep: version, node: process.versions.node }
