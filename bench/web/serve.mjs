// What contenders need of a browser, in a worker: in their bundles, this file takes the place of contenders/serve.mjs.
import { examplesOf } from '../workloads.mjs'

/** The device or backend to compute on, if it is not the default: the name of the worker. */
export const device = self.name || undefined

/** Version of an installed package, which the page knows. */
export const versionOf = () => undefined

/** Where the server has the files of a package. */
export const filesOf = () => '/'

/** Answers the page: a message with a workload and a number of steps by the time they take. */
export async function serve(about, prepare) {
  let trainer = { name: undefined, run: undefined }
  self.onmessage = async ({ data: { workload, steps } }) => {
    try {
      if (trainer.name !== workload.name) {
        trainer = { name: workload.name, run: await prepare(workload, examplesOf(workload)) }
      }
      self.postMessage(await trainer.run(steps))
    } catch (error) {
      self.postMessage({ error: String(error.stack ?? error) })
    }
  }
  self.postMessage(about)
}
