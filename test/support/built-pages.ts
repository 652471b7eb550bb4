import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/**
 * Builds the pages if a source is newer, before files of tests that need them run at the same time: in continuous
 * integration, and where what builds them is installed.
 */
export default function buildPages(): void {
  if (!process.env.CI && !existsSync(join(root, 'pages/node_modules/vite'))) return
  execFileSync(process.execPath, [join(root, 'scripts/pages.mjs')], { stdio: 'ignore' })
}
