import { z } from 'zod'
import { EvenstepError } from '../core/errors.ts'
import * as schedule from '../schedule/index.ts'

/**
 * A schedule in a file, as editors see it: a number, the short text, or a spec.
 *
 * It says the types and ranges of single fields. `schedule.parse` also says which go together, and in words.
 */
export const scheduleSpec: z.ZodType = z
  .lazy(() => z.union([z.number(), z.string(), z.discriminatedUnion('type', specs)]))
  .meta({ id: 'schedule', description: 'A number, short text like "cosine 0.1 to 0 over 1000", or a spec.' })

/** A schedule in a file, read: what `schedule.parse` refuses is an issue with its message. */
export const scheduleField: z.ZodType<schedule.Schedule> = z.unknown().transform((value, context) => {
  try {
    return schedule.parse(value)
  } catch (error) {
    if (!(error instanceof EvenstepError)) throw error
    context.addIssue({ code: 'custom', message: error.message })
    return z.NEVER
  }
})

/** The JSON Schema of a schedule, as published in schema/schedule.json. */
export function scheduleJsonSchema(): object {
  return { title: 'A schedule of Evenstep', ...z.toJSONSchema(scheduleSpec, { io: 'input' }) }
}

type SpecObject = z.ZodObject<{ type: z.ZodLiteral<string> }, z.core.$strict>

const specs = schedule.kinds.map(({ type, about, fields }): SpecObject => {
  const shape = Object.entries(fields).map(([name, field]) => [name, typed(name, field)] as const)
  return z
    .strictObject({ type: z.literal(type), ...Object.fromEntries(shape) })
    .describe(`A schedule that ${about}.`) as unknown as SpecObject
}) as [SpecObject, ...SpecObject[]]

function typed(name: string, field: schedule.Field<unknown>): z.ZodType {
  const described = typeOf(field).describe(`${name} is ${field.about}`)
  if (field.fallback !== undefined) return described.optional().meta({ default: field.fallback })
  return field.optional ? described.optional() : described
}

function typeOf({ kind, range, choices }: schedule.Field<unknown>): z.ZodType {
  switch (kind) {
    case 'number':
      return within(z.number(), range)
    case 'integer':
      return within(z.int(), range)
    case 'boolean':
      return z.boolean()
    case 'choice':
      return z.enum(choices)
    case 'numbers':
      return z.array(within(z.number(), range))
    case 'points':
      return z.array(z.tuple([z.number().min(0), z.number()])).min(1)
    case 'schedule':
      return scheduleSpec
    case 'schedules':
      return z.array(scheduleSpec).min(1)
    case 'formula':
      return z.string().max(1000)
  }
}

function within(
  type: z.ZodNumber,
  { min, above, max, below }: schedule.Field<unknown>['range'],
): z.ZodNumber {
  let bounded = type
  if (min !== undefined) bounded = bounded.min(min)
  if (above !== undefined) bounded = bounded.gt(above)
  if (max !== undefined) bounded = bounded.max(max)
  if (below !== undefined) bounded = bounded.lt(below)
  return bounded
}
