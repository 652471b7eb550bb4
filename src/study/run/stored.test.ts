import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'libsql'
import { afterAll, describe, expect, test } from 'vitest'
import { DamagedError, MachineError } from '../../core/errors.ts'
import type { Asked } from '../design/design.ts'
import { noCurve, type TrialResult } from '../trial.ts'
import { Database } from './database.ts'
import { lockFolder, lockShared, workersLock } from './lock.ts'
import { sqliteFault } from './sqlite-fault.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-stored-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const fresh = (): string => mkdtempSync(join(root, `${folders++}-`))

const asked = (lr: number): Asked => ({ settings: { lr }, seed: 0, steps: 10, rung: 0 })
const resultOf = (status: TrialResult['status']): TrialResult => ({
  status,
  metrics: {},
  steps: 10,
  time: { training: 1, total: 2 },
  curve: noCurve,
})
/** Runs statements in the database of a folder. */
function change(folder: string, ...statements: readonly string[]): void {
  const db = new Sqlite(join(folder, 'study.db'))
  for (const statement of statements) db.exec(statement)
  db.close()
}
/** Makes a folder whose database has three trials: one done, one failed, one not begun. */
function three(): string {
  const folder = fresh()
  const database = new Database(folder)
  database.ask([asked(1), asked(2), asked(3)])
  database.finish(1, resultOf('done'))
  database.finish(2, resultOf('failed'))
  database.close()
  return folder
}
/** Opens the database in a folder, and reads it. @returns the statuses by id, or the message of the error */
function read(folder: string): unknown {
  try {
    const database = new Database(folder)
    try {
      return Object.fromEntries(database.finished().map(({ id, result }) => [id, result.status]))
    } finally {
      database.close()
    }
  } catch (error) {
    expect(error).toBeInstanceOf(DamagedError)
    return (error as Error).message.replace(`${folder}/`, '')
  }
}

describe('a database', () => {
  test('of which rows were deleted gives new trials new numbers', () => {
    const folder = three()
    change(folder, 'DELETE FROM trial WHERE id = 1')
    const database = new Database(folder)
    expect(database.ask([asked(3), asked(1), asked(4)]).map(({ id }) => id)).toEqual([3, 4, 5])
    database.close()
  })

  test('forgets trials that failed, and no others', () => {
    const folder = three()
    const database = new Database(folder)
    database.forgetFailed()
    expect(database.finished().map(({ id }) => id)).toEqual([1])
    database.finish(2, resultOf('done'))
    database.close()
    expect(read(folder)).toEqual({ 1: 'done', 2: 'done' })
  })

  const endless = 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x'
  test.each<[string, readonly string[], string]>([
    ['a view', ['DROP TABLE trial', `CREATE VIEW trial AS ${endless} AS id FROM n`], 'the view "trial"'],
    [
      'a trigger',
      [`CREATE TRIGGER t AFTER UPDATE ON trial BEGIN INSERT INTO study ${endless} FROM n; END`],
      'the trigger "t"',
    ],
    ['another table', ['CREATE TABLE a (b)'], 'the table "a"'],
    [
      'other columns',
      ['DROP TABLE trial', 'CREATE TABLE trial (id INTEGER, key TEXT)'],
      'other columns in trial',
    ],
    ['an index on an expression', ['CREATE INDEX i ON trial (abs(id))'], 'the index "i"'],
  ])('with %s is refused', (_, statements, got) => {
    const folder = three()
    change(folder, ...statements)
    expect(read(folder)).toBe(`study.db: wanted the tables of a study, got ${got}; move the file away`)
  })

  test.each<[string, string]>([
    ['cut JSON', 'UPDATE trial SET result = \'{"status":\' WHERE id = 1'],
    ['other JSON', "UPDATE trial SET result = '{}' WHERE id = 1"],
    ['an unknown status', `UPDATE trial SET result = replace(result, 'done', 'won') WHERE id = 1`],
    ['another number', `UPDATE trial SET result = replace(result, '10', '11') WHERE id = 1`],
    [
      'the result of another',
      'UPDATE trial SET result = (SELECT result FROM trial WHERE id = 2) WHERE id = 1',
    ],
    ['settings that are no object', "UPDATE trial SET settings = '7' WHERE id = 1"],
    ['other settings', `UPDATE trial SET settings = replace(settings, '1', '2') WHERE id = 1`],
    ['another seed', 'UPDATE trial SET seed = 9 WHERE id = 1'],
  ])('with %s in a row is refused', (_, statement) => {
    const folder = three()
    change(folder, statement)
    expect(read(folder)).toBe(
      'study.db: wanted the result of trial 1 as it was written, got something else; move the file away',
    )
  })

  test('with a description of something else is refused', () => {
    const folder = three()
    change(folder, "INSERT INTO study VALUES ('[]')")
    const database = new Database(folder)
    expect(() => database.describe({ experiment: {}, factors: {}, design: {} }, folder)).toThrow(
      `${folder}/study.db: wanted the description of a study, got something else; move the file away`,
    )
    database.close()
  })

  test('that is another file, or damaged, is refused', () => {
    const other = fresh()
    writeFileSync(join(other, 'study.db'), 'x'.repeat(5000))
    expect(read(other)).toBe(
      'study.db: wanted a database of Evenstep, got file is not a database; move the file away',
    )
    const damaged = three()
    change(damaged, 'PRAGMA wal_checkpoint(TRUNCATE)')
    const bytes = readFileSync(join(damaged, 'study.db'))
    bytes.fill(7, 4096)
    writeFileSync(join(damaged, 'study.db'), bytes)
    expect(read(damaged)).toMatch(
      /^study\.db: wanted a database of Evenstep, got database disk image is malformed;/,
    )
  })

  test('that cannot be opened is a fault of the machine', () => {
    expect(() => new Database(join(root, 'none'))).toThrow(
      new MachineError(
        `${join(root, 'none', 'study.db')}: wanted a database to write, got one that does not open; ` +
          'check that it is a file, and the permissions of it and of its folder',
      ),
    )
  })
})

describe('an error of SQLite is the same by every driver', () => {
  const wanted = 'a: wanted a database to write, got'
  test.each<[object, string]>([
    [{ code: 'SQLITE_FULL' }, `${wanted} a full disk; free some space, then repeat`],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 13 }, `${wanted} a full disk; free some space, then repeat`],
    [
      { code: 'SQLITE_IOERR_WRITE' },
      `${wanted} a disk that is full or fails, or a limit on the size of files; check the disk, then repeat`,
    ],
    [
      { code: 'ERR_SQLITE_ERROR', errcode: 10 + 3 * 256 },
      `${wanted} a disk that is full or fails, or a limit on the size of files; check the disk, then repeat`,
    ],
    [
      { code: 'SQLITE_READONLY_DIRECTORY' },
      `${wanted} one that is read-only; change the permissions of the file and of its folder`,
    ],
    [{ code: 'SQLITE_BUSY_SNAPSHOT' }, `${wanted} one that another process uses; wait, or end that process`],
    [
      { message: 'ConnectionFailed("Unable to open connection to local database a: 14")', code: '' },
      `${wanted} one that does not open; check that it is a file, and the permissions of it and of its folder`,
    ],
    [
      { code: 'SQLITE_ERROR', message: 'no such column: b' },
      'a: wanted a database of Evenstep, got no such column: b; move the file away',
    ],
  ])('%j', (fields, message) =>
    expect(sqliteFault('a', Object.assign(new Error('b'), fields))?.message).toBe(message),
  )

  test('and others are no such errors', () => {
    expect(sqliteFault('a', new TypeError('b'))).toBeUndefined()
    expect(sqliteFault('a', Object.assign(new Error('b'), { code: 'SQLITE_MISUSE' }))).toBeUndefined()
  })
})

test('a lock does without the note of its process where there is no place for it', () => {
  const folder = fresh()
  mkdirSync(join(folder, 'study.lock.pids', 'x'), { recursive: true })
  const lock = lockFolder(folder, 'study')
  expect(() => lockFolder(folder, 'study')).toThrow('got one that is; wait, or stop it first')
  lock.release()
})

test('a lock that is taken names the process that has it', () => {
  const folder = fresh()
  const lock = lockFolder(folder, 'study')
  const worker = lockShared(workersLock(folder))!
  expect(() => lockFolder(folder, 'study')).toThrow(
    `${folder}: wanted a study that is not running, got one that is (process ${process.pid}); wait, or stop it first`,
  )
  worker.release()
  lock.release()
  lockFolder(folder, 'study').release()
})
