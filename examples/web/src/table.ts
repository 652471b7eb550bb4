import { data, storage, train } from 'evenstep'
import { Chart, element, offerDownloads, probabilities, say, shown } from './page.ts'
import type { Settings } from './table-worker.ts'

/** Where the last run is kept, in the origin-private file system of this page. */
const folder = 'table'
const chart = new Chart()
const worker = new Worker(new URL('./table-worker.ts', import.meta.url), { type: 'module' })
let file = { name: '', text: '' }
let run: train.WorkerRun | undefined

/** Names of the columns, from the first line of a CSV file. */
function columnsOf(text: string): string[] {
  const [line = ''] = text.split(/\r?\n/, 1)
  const delimiter = [',', ';', '\t'].toSorted((a, b) => line.split(b).length - line.split(a).length)[0]
  const cells = line.match(new RegExp(`("([^"]|"")*"|[^${delimiter}]*)(${delimiter}|$)`, 'g')) ?? []
  const names = cells.map((cell) => cell.replace(delimiter!, '').replace(/^"|"$/g, '').trim())
  return names.filter((name) => name !== '')
}

const kindOf = (kind: string | undefined): string =>
  kind === undefined ? 'to be predicted' : kind === 'ignore' ? 'left out: it says nothing' : kind

async function open(dropped: File | undefined): Promise<void> {
  if (dropped === undefined) return
  file = { name: dropped.name, text: await dropped.text() }
  const names = columnsOf(file.text)
  const table = data.parseTable(file.text, file.name, { label: names.at(-1)! })
  const cell = (text: string) => Object.assign(document.createElement('td'), { textContent: text })
  const rows = names.map((name) => {
    const row = document.createElement('tr')
    row.append(cell(name), cell(kindOf(table.kinds[name])))
    return row
  })
  element('kinds').replaceChildren(...rows)
  const label = element<HTMLSelectElement>('label')
  label.replaceChildren(...names.map((name) => new Option(name)))
  label.value = names.at(-1)!
  element('columns').hidden = false
  element('results').hidden = true
  say(`${file.name}: ${table.length.toLocaleString('en')} rows, ${names.length} columns`)
}

/** Checks that a column has classes. */
function checkClasses(column: string): void {
  const other = columnsOf(file.text).find((name) => name !== column)!
  const values = data.parseTable(file.text, file.name, { label: other }).column(column)
  const count = new Set(values).size
  if (count > 50) throw new Error(`${column} has ${count} different values; choose a column of classes`)
}

async function start(): Promise<void> {
  const column = element<HTMLSelectElement>('label').value
  const epochs = element<HTMLInputElement>('epochs').valueAsNumber
  checkClasses(column)
  const settings: Settings = { ...file, column, epochs }
  if ((await storage.list()).includes(folder)) await storage.remove(folder)
  run = train.inWorker(worker, settings, { folder })
  chart.clear()
  toggle(true)
  try {
    for await (const event of run) {
      if (event.type === 'steps') chart.add(event.losses)
      if (event.type !== 'epoch') continue
      const right = (100 * event.validationAccuracy!).toFixed(1)
      say(`Epoch ${event.epoch + 1} of ${epochs}: ${right} % of the rows it has not seen are right`)
    }
    await offerPrediction(settings)
  } finally {
    toggle(false)
  }
}

function toggle(isTraining: boolean): void {
  element('stop').hidden = !isTraining
  element<HTMLButtonElement>('begin').disabled = isTraining
}

/** Makes a field for each column of a row, and predicts what is entered. */
async function offerPrediction({ column, text, name }: Settings): Promise<void> {
  const table = data.parseTable(text, name, { label: column })
  const about = JSON.parse(new TextDecoder().decode(await storage.read(folder, 'inference.json')))
  const encoder = data.encoder(about.recipe.encoding)
  const fields = encoder.columns.map(({ name }) => {
    const first = table.column(name)[0]
    const isDate = table.kinds[name] === 'date' // as days since 1970
    const value = isDate ? new Date(864e5 * Number(first)).toISOString().slice(0, 10) : String(first ?? '')
    const input = Object.assign(document.createElement('input'), { name, value })
    const label = document.createElement('label')
    label.append(name, input)
    return label
  })
  const submit = Object.assign(document.createElement('button'), { type: 'submit', textContent: 'Predict' })
  const row = element<HTMLFormElement>('row')
  row.replaceChildren(...fields, submit)
  row.onsubmit = (event) => {
    event.preventDefault()
    shown(async () => {
      const x = encoder.encode([Object.fromEntries(new FormData(row))])
      const [y] = await run!.predict(x)
      const all = probabilities(y as ArrayLike<number>)
      const best = all.indexOf(Math.max(...all))
      const name = table.classNames?.[best] ?? String(best)
      element('answer').textContent = `${column}: ${name}, with probability ${all[best]!.toFixed(3)}`
    })
  }
  element('answer').textContent = ''
  element('results').hidden = false
}

const drop = element('drop')
const input = element<HTMLInputElement>('file')
input.onchange = () => shown(() => open(input.files?.[0]))
drop.ondragover = (event) => {
  event.preventDefault()
  drop.classList.add('over')
}
drop.ondragleave = () => drop.classList.remove('over')
drop.ondrop = (event) => {
  event.preventDefault()
  drop.classList.remove('over')
  shown(() => open(event.dataTransfer?.files[0]))
}
element('train').onsubmit = (event) => {
  event.preventDefault()
  shown(start)
}
element('stop').onclick = () => shown(async () => run?.stop())
offerDownloads((name) => (name === 'model.onnx' ? run!.onnx() : run!.weights()))
