import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const dateOf = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0)

/** Builds Evenstep, and installs the peers of the package in `folder` if they are missing or out of date. */
export function setup(folder = here) {
  const options = { cwd: folder, stdio: ['ignore', 2, 2] }
  execFileSync(process.execPath, [join(here, '../scripts/setup.mjs')], options)
  const lock = join(folder, 'package-lock.json')
  if (dateOf(join(folder, 'node_modules/.package-lock.json')) >= dateOf(lock)) return
  console.error('bench: installing the peers …')
  const install = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  execFileSync('npm', install, { ...options, shell: process.platform === 'win32' })
}

/** A Python that has PyTorch, EVENSTEP_BENCH_PYTHON or `python3`; undefined if it has none. */
export function findPython() {
  const python = process.env.EVENSTEP_BENCH_PYTHON ?? 'python3'
  try {
    execFileSync(python, ['-c', 'import torch'], { stdio: 'ignore' })
    return python
  } catch {
    return undefined
  }
}
