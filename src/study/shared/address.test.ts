import { expect, test } from 'vitest'
import { ArgumentError } from '../../core/errors.ts'
import { addressOf } from './address.ts'

test('an address is shown without the password and other parameters', () => {
  const shown = (url: string): string => addressOf(url).shown
  expect(shown('postgres://me:se%20cret@db.example:5433/trials?sslmode=require&password=x')).toBe(
    'postgres://me@db.example:5433/trials',
  )
  expect(shown('postgresql://db/trials')).toBe('postgres://db/trials')
  expect(shown('postgres://me:secret@/trials?host=/run/postgresql')).toBe(
    'postgres://me@/run/postgresql/trials',
  )
  expect(shown('postgres:///trials')).toBe('postgres:///trials')
  expect(addressOf('postgres://me:secret@db/trials').url).toBe('postgres://me:secret@db/trials')
})

test('another text is refused, and not repeated', () => {
  for (const text of [
    '',
    'db.example',
    'mysql://me:secret@db/x',
    'postgres://me:sec ret@d b/x',
    'postgres://me:s#@b/x',
  ])
    expect(() => addressOf(text), text).toThrow(
      new ArgumentError(
        '--database: wanted a connection string such as postgres://user@host/database, got another text; ' +
          'give the password by PGPASSWORD or ~/.pgpass, or with special characters percent-encoded, as %20',
      ),
    )
})
