import { describe, expect, test } from 'vitest'
import type { Claim } from '../studies/claim.ts'

// The published claims that docs/science.md speaks of, in their smaller form.

const file = '../studies/claims.ts' // a name that the compiler does not follow: studies have settings of their own
const { claims }: { readonly claims: readonly Claim[] } = await import(file)

describe.each(claims)('$id: $title', (claim) => {
  test('holds in its quick form', async () => {
    const { checks, measured } = await claim.run('quick')
    expect(measured.length).toBeGreaterThan(0)
    expect(checks.length).toBeGreaterThan(0)
    for (const { what, ok } of checks) expect(ok, what).toBe(true)
  })
})

test('no two claims have one id', () => {
  expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length)
})
