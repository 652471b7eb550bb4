import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Histogram } from './histogram.ts'

// The messages of TensorBoard event files that runs write, field by field. Source:
// https://github.com/tensorflow/tensorboard, tensorboard/compat/proto/{event,summary,histogram}.proto and
// tensorboard/plugins/hparams/plugin_data.proto.

/** The first event of a file. */
export const versionEvent = (seconds: number): Uint8Array =>
  event(seconds, 0).tag(3, WireType.LengthDelimited).string('brain.Event:2').finish()

/** Discards what earlier files hold of `step` and later steps, which are taken again. */
export const startEvent = (seconds: number, step: number): Uint8Array =>
  message(event(seconds, step), 7, (log) => log.tag(1, WireType.Varint).int32(started)).finish()

const started = 1

/** A value that TensorBoard shows under a tag. */
export type SummaryValue =
  | { readonly tag: string; readonly scalar: number }
  | { readonly tag: string; readonly histogram: Histogram }
  | { readonly tag: string; readonly hparams: Uint8Array }

/** The values of a step. */
export function summaryEvent(seconds: number, step: number, values: readonly SummaryValue[]): Uint8Array {
  const writer = event(seconds, step)
  return message(writer, 5, (summary) => {
    for (const value of values) message(summary, 1, (inner) => writeValue(inner, value))
  }).finish()
}

function event(seconds: number, step: number): BinaryWriter {
  const writer = new BinaryWriter().tag(1, WireType.Bit64).double(seconds)
  return step === 0 ? writer : writer.tag(2, WireType.Varint).int64(step)
}

function writeValue(writer: BinaryWriter, value: SummaryValue): void {
  writer.tag(1, WireType.LengthDelimited).string(value.tag)
  if ('scalar' in value) writer.tag(2, WireType.Bit32).float(value.scalar)
  else if ('histogram' in value) message(writer, 5, (inner) => writeHistogram(inner, value.histogram))
  else message(writer, 9, (metadata) => message(metadata, 1, (data) => writePlugin(data, value.hparams)))
}

function writeHistogram(writer: BinaryWriter, histogram: Histogram): void {
  const { min, max, count, sum, sumOfSquares, limits, counts } = histogram
  for (const [i, x] of [min, max, count, sum, sumOfSquares].entries())
    writer.tag(i + 1, WireType.Bit64).double(x)
  for (const [i, list] of [limits, counts].entries()) {
    message(writer, i + 6, (packed) => {
      for (const x of list) packed.double(x)
    })
  }
}

const writePlugin = (writer: BinaryWriter, content: Uint8Array): BinaryWriter =>
  writer.tag(1, WireType.LengthDelimited).string('hparams').tag(2, WireType.LengthDelimited).bytes(content)

/** A setting in TensorBoard's table of hyperparameters. */
export type Setting = string | number | boolean

/** The summary that makes a run a row of TensorBoard's table: its settings. */
export function hparamsStart(settings: Readonly<Record<string, Setting>>, seconds: number): SummaryValue {
  const content = message(new BinaryWriter(), 3, (session) => {
    for (const [name, value] of Object.entries(settings)) {
      message(session, 1, (entry) => {
        entry.tag(1, WireType.LengthDelimited).string(name)
        message(entry, 2, (inner) => writeSetting(inner, value))
      })
    }
    session.tag(5, WireType.Bit64).double(seconds)
  })
  return { tag: '_hparams_/session_start_info', hparams: content.finish() }
}

/** The summary that marks a run as finished in the table. */
export function hparamsEnd(seconds: number): SummaryValue {
  const content = message(new BinaryWriter(), 4, (end) =>
    end.tag(1, WireType.Varint).int32(success).tag(2, WireType.Bit64).double(seconds),
  )
  return { tag: '_hparams_/session_end_info', hparams: content.finish() }
}

const success = 1

/** A google.protobuf.Value. */
function writeSetting(writer: BinaryWriter, value: Setting): void {
  if (typeof value === 'number') writer.tag(2, WireType.Bit64).double(value)
  else if (typeof value === 'string') writer.tag(3, WireType.LengthDelimited).string(value)
  else writer.tag(4, WireType.Varint).bool(value)
}

/** Appends a message as the next field. */
function message(writer: BinaryWriter, field: number, body: (writer: BinaryWriter) => unknown): BinaryWriter {
  writer.tag(field, WireType.LengthDelimited).fork()
  body(writer)
  return writer.join()
}
