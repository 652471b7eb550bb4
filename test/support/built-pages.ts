import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Builds the pages in continuous integration, before files of tests that need them run at the same time. */
export default function buildPages(): void {
  if (!process.env.CI) return
  execFileSync(process.execPath, [join(import.meta.dirname, '../../scripts/pages.mjs')], { stdio: 'ignore' })
}
