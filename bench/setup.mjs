import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const dateOf = (file) => (existsSync(join(here, file)) ? statSync(join(here, file)).mtimeMs : 0)

/** Builds Evenstep, and installs the peers if they are missing or out of date. */
export function setup() {
  const options = { cwd: here, stdio: ['ignore', 2, 2] }
  execFileSync(process.execPath, ['../scripts/setup.mjs'], options)
  if (dateOf('node_modules/.package-lock.json') >= dateOf('package-lock.json')) return
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
