import { joinBytes } from '../core/bytes.ts'
import { messages } from '../onnx/messages.ts'
import { encode } from '../onnx/wire.ts'

/**
 * Returns an ONNX file with further metadata, texts by key, which ONNX Runtime and other tools show.
 *
 * Messages of Protocol Buffers that follow each other are merged, so the metadata are appended to the file.
 */
export function withMetadata(model: Uint8Array, texts: Readonly<Record<string, string>>): Uint8Array {
  const metadataProps = Object.entries(texts).map(([key, value]) => ({ key, value }))
  return joinBytes([model, encode(messages, 'ModelProto', { metadataProps })])
}
