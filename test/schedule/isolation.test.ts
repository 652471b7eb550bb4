import { readdirSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../src', import.meta.url))

/** Returns the files that a file loads, directly or through others, according to import statements. */
function loaded(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const source = readFileSync(file, 'utf8')
  for (const [, from] of source.matchAll(/^(?:import|export|\})[^'=\n]*'([^']+)'$/gm)) {
    if (from!.startsWith('.')) loaded(resolve(dirname(file), from!), seen)
    else seen.add(from!)
  }
  return seen
}

const own = readdirSync(`${root}/schedule`, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => `schedule/${name}`)

test('evenstep/schedule loads its own files and seven small files of core, and nothing else', () => {
  const found = [...loaded(`${root}/schedule/index.ts`)].filter((file) => file !== '#schedules')
  const all = found.map((file) => relative(root, file))
  const later = /stretched|written|timing-of/ // which only options and the warnings of a run need
  const needed = own.filter((name) => !later.test(name))
  const core = ['bounds', 'errors', 'json', 'mismatch', 'options', 'run', 'text'].map(
    (name) => `core/${name}.ts`,
  )
  expect(all.sort()).toEqual([...needed, ...core].sort())
})

test('no schedule evaluates text as code', () => {
  for (const name of own) {
    expect(readFileSync(`${root}/${name}`, 'utf8'), name).not.toMatch(
      /\beval\(|new Function|\bFunction\(|import\(/,
    )
  }
})
