import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Libsql from 'libsql'
import { afterAll, describe, expect, test } from 'vitest'
import { chooseDriver, nodeDriver, type Open, Sqlite } from './sqlite.ts'
import { sqliteCode } from './sqlite-fault.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

const missing = async (): Promise<never> => {
  throw new Error('Cannot find module')
}
const node = await nodeDriver().catch(() => undefined)
const drivers: readonly (readonly [string, Open])[] = [
  ['libsql', Libsql],
  ...(node ? [['node:sqlite', node] as const] : []),
]

describe('a driver of SQLite', () => {
  test('is libsql, and that of Node where libsql is not installed', async () => {
    expect(await chooseDriver()).toBe(Libsql)
    class Node extends Libsql {}
    expect(await chooseDriver(missing, async () => Node)).toBe(Node)
  })

  test('that is missing is named in one line', async () => {
    await expect(chooseDriver(missing, missing)).rejects.toThrow(
      /^SQLite: wanted the package libsql or node:sqlite, got neither; install libsql, or use Node 22\.13 or later$/,
    )
  })
})

describe.each(drivers)('by %s', (name, open) => {
  const path = join(folder, `${name.replace(':', '-')}.db`)

  test('what a failed transaction changed is rolled back, also where SQLite did so itself', () => {
    const db = new Sqlite(path, {}, open)
    db.exec('CREATE TABLE t (a INTEGER UNIQUE)')
    const insert = db.prepare('INSERT INTO t VALUES (?)')
    expect(db.transaction(() => insert.run(1).changes)()).toBe(1)
    const failing = db.transaction(() => [insert.run(2), insert.run(1)])
    expect(failing).toThrow('UNIQUE')
    expect(() => db.transaction(() => [insert.run(3), db.exec('ROLLBACK'), insert.run(1)])()).toThrow(
      'UNIQUE',
    )
    expect(db.prepare('SELECT a FROM t').all()).toEqual([{ a: 1 }])
    db.close()
  })

  test('a lock is seen by others, which wait for as long as they were told', () => {
    const holder = new Sqlite(path, {}, open)
    holder.exec('BEGIN EXCLUSIVE')
    const second = new Sqlite(path, { timeout: 50 }, open)
    const start = performance.now()
    let error: unknown
    try {
      second.exec('BEGIN EXCLUSIVE')
    } catch (caught) {
      error = caught
    }
    expect(sqliteCode(error)).toBe(5)
    expect(performance.now() - start).toBeGreaterThan(40)
    holder.exec('ROLLBACK')
    second.exec('BEGIN EXCLUSIVE')
    second.exec('ROLLBACK')
    holder.close()
    second.close()
  })
})
