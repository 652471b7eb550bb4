import { storage, train } from 'evenstep'
import { Pad } from './pad.ts'
import { Chart, element, offerDownloads, probabilities, say, shown } from './page.ts'

/** Where the run is kept, in the origin-private file system of this page. */
const folder = 'digits'
const chart = new Chart()
const worker = new Worker(new URL('./digits-worker.ts', import.meta.url), { type: 'module' })
const pad = new Pad(element<HTMLCanvasElement>('canvas'), () => shown(classify))
let run: train.WorkerRun | undefined

/** What black and white pixels are in `data.loadDigits10x10`. */
const [black, white] = [-0.7104410529, 2.1568725109]

async function start(): Promise<void> {
  const resume = (await storage.list()).includes(folder)
  const begun = performance.now()
  run = train.inWorker(worker, undefined, { folder, resume })
  chart.clear()
  toggle(true)
  say('Fetching the digits …')
  try {
    for await (const event of run) {
      if (event.type === 'steps') chart.add(event.losses)
      if (event.type !== 'epoch') continue
      const seconds = (performance.now() - begun) / 1e3
      const right = (100 * event.validationAccuracy!).toFixed(2)
      say(
        `Epoch ${event.epoch + 1}: ${right} % of 10,000 other digits are right, after ${seconds.toFixed(1)} s`,
      )
      element('results').hidden = false
    }
    element('results').hidden = false
    element('again').hidden = false
  } finally {
    toggle(false)
    await nameButton()
  }
}

function toggle(isTraining: boolean): void {
  element('stop').hidden = !isTraining
  element('again').hidden = true
  element<HTMLButtonElement>('train').disabled = isTraining
}

/** Says on the button whether there is a run to continue. */
async function nameButton(): Promise<void> {
  const isKept = (await storage.list()).includes(folder)
  element('train').textContent = isKept ? 'Continue training' : 'Train'
  element('again').hidden = !isKept
}

async function classify(): Promise<void> {
  const pixels = pad.pixels()
  if (run === undefined || pixels === undefined) return
  const [scores] = await run.predict(pixels.map((light) => black + (white - black) * light))
  const all = probabilities(scores as ArrayLike<number>)
  element('answer').textContent = String(all.indexOf(Math.max(...all)))
  element('scores').replaceChildren(
    ...all.map((probability, digit) => {
      const item = document.createElement('li')
      const meter = Object.assign(document.createElement('meter'), { value: probability })
      meter.setAttribute('aria-label', `Probability of ${digit}`)
      item.append(String(digit), meter, probability.toFixed(2))
      return item
    }),
  )
}

element('train').onclick = () => shown(start)
element('stop').onclick = () => shown(async () => run?.stop())
element('again').onclick = () =>
  shown(async () => {
    await storage.remove(folder)
    await start()
  })
element('clear').onclick = () => {
  pad.clear()
  element('answer').textContent = '?'
  element('scores').replaceChildren()
}
offerDownloads((name) => (name === 'model.onnx' ? run!.onnx() : run!.weights()))
shown(nameButton)
