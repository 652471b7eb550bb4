// Measures how good the experiments are that `evenstep init` writes, untouched but for their split:
//   npm run build && node bench/init.mjs FOLDER [--python PYTHON] [--splits N] [--only NAME]
// FOLDER has the tables of UCI with the published splits: NAME.csv and NAME.splits.npz, for concrete and power-plant.
// Each split's training rows become a file, for which init writes an experiment; the run is then evaluated on a file of
// the split's test rows. As the test rows are known, the written split's own test part is left out.
// The breast masses of the package are predicted in the same way in 10 folds; PYTHON, with scikit-learn, gives the loss
// of logistic regression on the same files.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { data } from '../dist/index.js'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    splits: { type: 'string', default: '20' },
    only: { type: 'string' },
  },
})
const [folder] = positionals
if (folder === undefined) throw new Error('bench/init: wanted the folder of the tables, got none')
const repository = fileURLToPath(new URL('..', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'evenstep-init-'))
mkdirSync(join(work, 'node_modules'))
symlinkSync(repository, join(work, 'node_modules/evenstep'))

/** Runs a command of evenstep in a folder, and returns what it prints. */
function evenstep(cwd, ...words) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(repository, 'dist/cli/main.js'), ...words],
    {
      cwd,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  )
  if (status === 0) return stdout
  throw new Error(`evenstep ${words.join(' ')}: ${stderr}`)
}

/** Writes files of training and test rows, and returns their folder. */
function files(name, header, train, test) {
  const own = join(work, name)
  mkdirSync(own)
  for (const [file, rows] of Object.entries({ train, test }))
    writeFileSync(join(own, `${file}.csv`), `${[header, ...rows].join('\n')}\n`)
  return own
}

/** Trains what init writes for train.csv, and evaluates it on test.csv. */
function evaluated(own, ...what) {
  evenstep(own, 'init', 'train.csv', ...what)
  const written = readFileSync(join(own, 'train.ts'), 'utf8')
  const fed = written.replace('{ validation: 0.1, test: 0.2, seed: 0 }', '{ validation: 0.1, seed: 0 }')
  if (fed === written) throw new Error('bench/init: wanted the split of init, got another')
  writeFileSync(join(own, 'train.ts'), fed)
  evenstep(own, 'train', 'train.ts', '--out', 'run', '--json')
  return JSON.parse(evenstep(own, 'eval', 'run', '--on', 'test.csv', '--json'))
}

const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length

function regression(name) {
  const [header, ...rows] = readFileSync(join(folder, `${name}.csv`), 'utf8')
    .trim()
    .split('\n')
  const { test } = data.readNpz(join(folder, `${name}.splits.npz`))
  const [count, size] = test.shape
  const errors = Array.from({ length: Math.min(count, Number(values.splits)) }, (_, k) => {
    const own = new Set(test.data.subarray(k * size, (k + 1) * size))
    const part = (isTest) => rows.filter((_, i) => own.has(i) === isTest)
    const { rmse } = evaluated(
      files(`${name}-${k}`, header, part(false), part(true)),
      '--target',
      header.split(',').at(-1),
    )
    console.error(`${name} ${k}: RMSE ${rmse.toFixed(3)}`)
    return rmse
  })
  console.log(`${name}: mean RMSE ${mean(errors).toFixed(3)} over ${errors.length} splits`)
}

function masses() {
  const { x, y, classNames, featureNames, length } = data.breastCancer()
  const rows = Array.from({ length }, (_, i) =>
    [...x.data.subarray(30 * i, 30 * i + 30), classNames[y.data[i]]].join(),
  )
  const marked = data.dataset({ x: Float32Array.from({ length }, (_, i) => i), y: y.data, classNames })
  const header = [...featureNames.map((name) => name.replaceAll(',', ' ')), 'diagnosis'].join()
  const folders = [...data.kFold(marked, { folds: 10, seed: 0 })].map(({ train, validation }, k) => {
    const part = ({ x }) => Array.from(x.data, (i) => rows[i])
    return files(`masses-${k}`, header, part(train), part(validation))
  })
  const losses = folders.map((own, k) => {
    const { loss, accuracy } = evaluated(own, '--label', 'diagnosis')
    console.error(`masses ${k}: loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}`)
    return loss
  })
  console.log(`masses: mean loss ${mean(losses).toFixed(4)} in ${losses.length} folds`)
  if (values.python === undefined) return
  const { stdout, stderr } = spawnSync(values.python, ['-c', logistic, ...folders], { encoding: 'utf8' })
  console.log(`logistic regression on the same folds: mean loss ${stdout.trim() || stderr}`)
}

const logistic = `
import sys
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

losses = []
for folder in sys.argv[1:]:
    train, test = (pd.read_csv(f"{folder}/{part}.csv") for part in ("train", "test"))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(train.drop(columns="diagnosis"), train.diagnosis)
    losses.append(log_loss(test.diagnosis, model.predict_proba(test.drop(columns="diagnosis")), labels=model.classes_))
print(f"{sum(losses) / len(losses):.4f}")
`

try {
  const wanted = (name) => values.only === undefined || values.only === name
  if (wanted('masses')) masses()
  for (const name of ['concrete', 'power-plant']) if (wanted(name)) regression(name)
} finally {
  rmSync(work, { recursive: true })
}
