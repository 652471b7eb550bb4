import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Histogram } from './histogram.ts'

// Encoders of the protocol-buffer messages in TensorBoard event files. Times are in seconds since 1970. Source:
// https://github.com/tensorflow/tensorboard, tensorboard/compat/proto/{event,summary,histogram}.proto and
// tensorboard/plugins/hparams/plugin_data.proto.

/** Encodes the first event of a TensorBoard event file, which states the version of the format. */
export const versionEvent = (seconds: number): Uint8Array =>
  event(seconds, 0).tag(3, WireType.LengthDelimited).string('brain.Event:2').finish()

/** Encodes the event SessionLog.START (1): TensorBoard then drops values from `step` on in earlier files. */
export const startEvent = (seconds: number, step: number): Uint8Array =>
  message(event(seconds, step), 7, (log) => log.tag(1, WireType.Varint).int32(1)).finish()

/** A value to show in TensorBoard under the name `tag`; `hparams` is an encoded HParamsPluginData message. */
export type SummaryValue =
  | { readonly tag: string; readonly scalar: number }
  | { readonly tag: string; readonly histogram: Histogram }
  | { readonly tag: string; readonly hparams: Uint8Array }

/** Encodes an event for a TensorBoard event file: the values logged at one step. */
export const summaryEvent = (seconds: number, step: number, values: readonly SummaryValue[]): Uint8Array =>
  message(event(seconds, step), 5, (summary) => {
    for (const value of values) message(summary, 1, (inner) => writeValue(inner, value))
  }).finish()

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

/** Value of one hyperparameter in TensorBoard's table of hyperparameters. */
export type Setting = string | number | boolean

/** Makes the summary value that adds a run and its settings to TensorBoard's table of hyperparameters. */
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

/** Makes the summary value that marks a run in TensorBoard's table as finished (STATUS_SUCCESS = 1). */
export function hparamsEnd(seconds: number): SummaryValue {
  const content = message(new BinaryWriter(), 4, (end) =>
    end.tag(1, WireType.Varint).int32(1).tag(2, WireType.Bit64).double(seconds),
  )
  return { tag: '_hparams_/session_end_info', hparams: content.finish() }
}

/** Writes a setting, encoded as the protocol-buffer message google.protobuf.Value. */
function writeSetting(writer: BinaryWriter, value: Setting): void {
  if (typeof value === 'number') writer.tag(2, WireType.Bit64).double(value)
  else if (typeof value === 'string') writer.tag(3, WireType.LengthDelimited).string(value)
  else writer.tag(4, WireType.Varint).bool(value)
}

/** Writes a nested protocol-buffer message as field number `field`; `body` writes the message's content. */
function message(writer: BinaryWriter, field: number, body: (writer: BinaryWriter) => unknown): BinaryWriter {
  writer.tag(field, WireType.LengthDelimited).fork()
  body(writer)
  return writer.join()
}
