import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { checkPackage as checkTypesOf, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { check } from './check.mjs'

/** Checks a package's manifest and types by publint and Are The Types Wrong. */
export async function checkPackage(file) {
  const bytes = readFileSync(file)
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  await check('publint finds nothing', async () => {
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true })
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg)),
      [],
    )
  })
  await check('Are The Types Wrong finds nothing but that CommonJS gets an ES module', async () => {
    const { problems, types } = await checkTypesOf(createPackageFromTarballData(new Uint8Array(tarball)))
    assert.equal(types.kind, 'included')
    // Every version of Node that the package allows can `require` ES modules, and TypeScript 6 has dropped node10.
    const others = problems.filter(
      ({ kind, resolutionKind }) => kind !== 'CJSResolvesToESM' && resolutionKind !== 'node10',
    )
    assert.deepEqual(others, [])
  })
}
