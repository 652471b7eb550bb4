import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as nn from '../src/nn/index.ts'

const guide = readFileSync(new URL('../docs/layers.md', import.meta.url), 'utf8')

test('the guide to layers prints what summary prints', () => {
  const net = new nn.Sequential(
    new nn.Conv2d(1, 16, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(400, 10),
  )
  expect(guide).toContain(`\n${nn.summary(net, [64, 1, 10, 10])}\n`)
})

test('the guide to layers names every module and initialiser', () => {
  const modules = Object.entries(nn).filter(
    ([, value]) => typeof value === 'function' && value.prototype?.forward,
  )
  const names = [...modules.map(([name]) => name), ...Object.keys(nn.init)].filter(
    (n) => n !== 'calculateGain',
  )
  expect(names.filter((name) => !guide.includes(`\`${name}`))).toEqual([])
})
