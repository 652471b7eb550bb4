import { copyFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Makes a package `evenstep` among a folder's packages, whose files are this repository's build. */
export function linkPackage(folder) {
  const made = join(folder, 'node_modules/evenstep')
  rmSync(made, { recursive: true, force: true })
  mkdirSync(made, { recursive: true })
  copyFileSync(join(root, 'package.json'), join(made, 'package.json'))
  symlinkSync(join(root, 'dist'), join(made, 'dist'), 'junction')
}
