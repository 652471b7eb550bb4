// Who leaves? From a table of made-up customers with numbers, categories, dates, texts and missing values.
// Train it with: npx evenstep train examples/customers.ts
import { data, nn, ops, optim, random, schedule, train } from 'evenstep'

const split = data.split(data.parseTable(customers(2000), 'customers', { label: 'churned' }), {
  validation: 0.2,
  test: 0.2,
})

/** Best possible accuracy 0.9, since a tenth of the customers leave, or stay, for no reason. */
export default train.experiment({
  name: 'customers',
  data: split,
  model: () => {
    const input = new nn.TabularInput(split.train)
    return new nn.Sequential(
      input,
      new nn.Linear(input.features, 32, { bias: false }),
      new nn.BatchNorm1d(32),
      new nn.ReLU(),
      new nn.Linear(32, 2),
    )
  },
  loss: ops.crossEntropy,
  optimizer: optim.adamw({ lr: schedule.cosineAnnealing(0.01, { tMax: '100%' }), weightDecay: 0.1 }),
  batchSize: 64,
  epochs: 10,
})

/** CSV text of customers. Those with a complaint leave if they are young or on the free plan. */
function customers(rows: number): string {
  const { uniform } = random('customers')
  const oneOf = (texts: readonly string[]): string => texts[Math.floor(uniform() * texts.length)]!
  const happy = ['all works well', 'thank you very much', 'please send the invoice again']
  const angry = ['the service is down again', 'nobody answers my calls', 'far too slow for me']
  const lines = Array.from({ length: rows }, (_, id) => {
    const age = Math.round(uniform(18, 80))
    const plan = oneOf(['free', 'basic', 'team', 'enterprise'])
    const signed = new Date(Date.UTC(2023, 0, Math.floor(uniform(0, 700)))).toISOString().slice(0, 10)
    const complains = uniform() < 0.5
    const leaves = complains && (age < 40 || plan === 'free')
    const churned = uniform() < 0.1 ? !leaves : leaves
    const known = uniform() < 0.9 ? age : ''
    return [id, known, plan, signed, oneOf(complains ? angry : happy), churned ? 'yes' : 'no'].join()
  })
  return ['id,age,plan,signed,message,churned', ...lines].join('\n')
}
