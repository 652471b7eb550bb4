// Trains examples/digits.ts with seeds 0 to 4 and writes the results into README.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { train } from '../dist/index.js'
import { loadExperiment } from '../dist/train/experiment-file.js'

const file = new URL('../README.md', import.meta.url)
const base = await loadExperiment(new URL('../examples/digits.ts', import.meta.url).pathname)
const results = []
for (let seed = 0; seed < 5; seed++) {
  for await (const event of train.run({ ...base, seed })) {
    if (event.type === 'epoch' && event.epoch === base.epochs - 1) results.push(event)
  }
}
const mean = (key) => results.reduce((sum, event) => sum + event[key] / results.length, 0)
const percent = (x) => `${(100 * x).toFixed(2)} %`
const accuracies = results.map((event) => event.validationAccuracy)
const text = `The network above on the digits, 5 epochs, seeds 0 to 4: validation accuracy ${percent(mean('validationAccuracy'))} on average
(${percent(Math.min(...accuracies))} to ${percent(Math.max(...accuracies))}), validation loss ${mean('validationLoss').toFixed(4)}. (\`node scripts/readme-digits.mjs\`)`
const readme = readFileSync(file, 'utf8')
writeFileSync(file, readme.replace(/(<!-- digits -->\n)[\s\S]*?(<!-- \/digits -->)/, `$1${text}\n$2`))
console.log(text)
