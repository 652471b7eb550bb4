import { expect, test } from 'vitest'
import { recipeOf } from '../data/recipe.ts'
import { data } from '../index.ts'
import { Strangers } from './strangers.ts'

const table = (rows: readonly string[]) =>
  data.parseTable(`plan,age,y\n${rows.join('\n')}\n`, 'a.csv', { label: 'y', columns: { plan: 'category' } })
const train = table(Array.from({ length: 40 }, (_, i) => `${'ab'[i % 2]},${20 + (i % 10)},${i % 2}`))
const encoding = train.encoding()
const learnt = data.encodeTable(train, encoding)

test('values unlike the training rows are counted by column, over all pieces', () => {
  const strangers = new Strangers({ recipe: recipeOf(learnt)! })
  const add = (rows: readonly string[]) => {
    const { x, length } = data.encodeTable(table(rows), encoding)
    strangers.add(x.data, length)
  }
  add(['a,20,0', 'b,29,1'])
  expect(strangers.notes).toEqual([])
  add(['c,25,0', 'a,5000,1'])
  add(['d,25,0', 'a,25,1'])
  expect(strangers.notes).toEqual([
    'column plan: 2 of 6 values are none of the categories that were kept from the training rows',
    'column age: 1 of 6 values is over 10 standard deviations from the mean of the training rows',
  ])
  expect(new Strangers({ recipe: undefined as never }).notes).toEqual([])
})
