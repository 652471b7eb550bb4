import { spawnSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeWorkerFolder } from './worker-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-folders-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Makes a folder with a lock file of a process, or without one, and returns its path. */
function folderOf(name: string, holder?: object, age = 0): string {
  const path = join(root, name)
  mkdirSync(join(path, 'study-1'), { recursive: true })
  const lock = join(path, 'run.lock-1')
  if (holder) writeFileSync(lock, JSON.stringify(holder))
  if (holder) utimesSync(lock, Date.now() / 1e3 - age, Date.now() / 1e3 - age)
  return path
}

test('a new worker removes the folders of workers that were killed, and nothing else', () => {
  const own = makeWorkerFolder(root)
  const [lock] = readdirSync(own.path)
  const me = JSON.parse(readFileSync(join(own.path, lock!), 'utf8'))
  const { pid: ended } = spawnSync(process.execPath, ['--version'])
  const killed = folderOf('evenstep-worker-killed', { ...me, pid: ended })
  // The number of a process that ended may be that of another process by now.
  const reused = folderOf('evenstep-worker-reused', { ...me, started: '1' })
  const elsewhere = { pid: 1, host: 'elsewhere', kernel: 'another' }
  const gone = folderOf('evenstep-worker-gone00', elsewhere, 61)
  const kept = [
    own.path,
    folderOf('evenstep-worker-silent', elsewhere, 30), // of a container that shares the folder
    folderOf('evenstep-worker-begins'),
    folderOf('evenstep-worker-of-a-user', { ...me, pid: ended }),
    folderOf('evenstep-tests-killed', { ...me, pid: ended }),
  ]
  const target = folderOf('target', { ...me, pid: ended })
  symlinkSync(target, join(root, 'evenstep-worker-linked'))
  writeFileSync(join(root, 'evenstep-worker-afile0'), '')
  if (userInfo().uid === 0) {
    kept.push(folderOf('evenstep-worker-theirs', { ...me, pid: ended }))
    chownSync(kept.at(-1)!, 65534, 65534)
  }
  const next = makeWorkerFolder(root)
  for (const path of [killed, reused, gone]) expect(existsSync(path), path).toBe(false)
  for (const path of [...kept, next.path, join(target, 'study-1'), join(root, 'evenstep-worker-afile0')])
    expect(existsSync(path), path).toBe(true)
  next.remove()
  expect(existsSync(next.path)).toBe(false)
})
