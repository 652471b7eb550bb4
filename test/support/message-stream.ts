/** Messages of a response that is a stream of events, one after another. */
export class MessageStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  #text = ''

  constructor(response: Response) {
    this.#reader = response.body!.getReader()
  }

  /** Returns the next message. */
  async next<Message>(): Promise<Message> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end < 0) {
        this.#text += this.#decoder.decode((await this.#reader.read()).value, { stream: true })
        continue
      }
      const message = this.#text.slice(0, end)
      this.#text = this.#text.slice(end + 2)
      return JSON.parse(/^data: (.*)$/m.exec(message)![1]!)
    }
  }

  async close(): Promise<void> {
    await this.#reader.cancel()
  }
}
