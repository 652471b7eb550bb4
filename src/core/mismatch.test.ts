import { expect, test } from 'vitest'
import type { GroupNormOptions } from '../nn/index.ts'
import { checkKnown } from './mismatch.ts'

test('a list of options that lacks one, or has one too many, does not compile', () => {
  const options: GroupNormOptions = {}
  // @ts-expect-error affine is not there
  checkKnown('GroupNorm', options, { eps: true })
  // @ts-expect-error bias is no option
  checkKnown('GroupNorm', options, { eps: true, affine: true, bias: true })
  expect(() => checkKnown('GroupNorm', options, { eps: true, affine: true })).not.toThrow()
})
