import { expect, test } from 'vitest'
import { checkShared } from './shared-events.ts'

test('options of a study fit its database, or the lack of one', () => {
  const [set, database] = [[], 'postgres://db/trials']
  checkShared({ set })
  checkShared({ set, workers: 2, timeLimit: 5, test: true })
  checkShared({ set, database, test: true, models: true, priority: -1 })
  expect(() => checkShared({ set, models: true })).toThrow(
    'study: wanted --database beside --models, got none; only workers elsewhere need it',
  )
  expect(() => checkShared({ set, priority: 0 })).toThrow(
    'study: wanted --database beside --priority, got none; only workers elsewhere need it',
  )
  const fix = 'give evenstep worker --concurrency and --time-limit'
  expect(() => checkShared({ set, database, workers: 2 })).toThrow(
    `study: wanted --database without --workers, got both; ${fix}`,
  )
  expect(() => checkShared({ set, database, timeLimit: 5 })).toThrow(
    `study: wanted --database without --time-limit, got both; ${fix}`,
  )
  expect(() => checkShared({ set, database, test: true })).toThrow(
    'study: wanted --models beside --database and --test, got none; without it, workers keep the models',
  )
})
