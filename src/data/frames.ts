import { type AbortSignalLike, orAborted } from '../core/abort.ts'
import { mismatch } from '../core/mismatch.ts'
import { type OptionsOf, readOptions, size as sizeOption } from '../core/options.ts'
import { pictureIn, pixelOptions, pixelsIn } from './image-pixels.ts'

const options = {
  ...pixelOptions,
  /** Number of frames, after which the iteration ends. @default all until the video or the stream ends */
  count: sizeOption,
}

export interface FrameOptions extends OptionsOf<typeof options> {}

/** A video of a page, which may show a camera. */
interface Video {
  readonly ended: boolean
  requestVideoFrameCallback(call: () => void): number
  cancelVideoFrameCallback(handle: number): void
  addEventListener(type: 'ended', listener: () => void): void
  removeEventListener(type: 'ended', listener: () => void): void
}

/** A stream of `VideoFrame`s, such as a `MediaStreamTrackProcessor` has. */
interface FrameStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: { close(): void } }>
    cancel(): Promise<unknown>
  }
}

/**
 * Yields the frames of a source in a browser as they come: of a `<video>` that plays, such as one that shows a camera, of
 * a canvas at each of the screen's frames, or of a `ReadableStream` of `VideoFrame`s. Frames that come while one is
 * being used are left out.
 *
 * @returns frames as `imagePixels` returns them
 * @throws {ArgumentError} when `source` is none of these, or there is no browser.
 * @throws the reason of `signal`, once it is aborted.
 */
export async function* frames(source: object, given: FrameOptions): AsyncGenerator<Float32Array> {
  const { size, channels, signal, count = Number.POSITIVE_INFINITY } = readOptions('frames', options, given)
  let taken = 0
  if (count === 0) return
  for await (const picture of picturesIn(pictureIn('frames', source), signal)) {
    yield await pixelsIn(picture, size, channels, signal)
    if (++taken >= count) return
  }
}

/** Yields the source, or a frame of it, whenever there is a new one. */
async function* picturesIn(source: object, signal: AbortSignalLike | undefined): AsyncGenerator<object> {
  if ('requestVideoFrameCallback' in source) {
    while (await nextOfVideo(source as Video, signal)) yield source
  } else if ('getContext' in source) {
    for (;;) {
      await orAborted(signal, new Promise<void>((next) => requestAnimationFrame(() => next())))
      yield source
    }
  } else if ('getReader' in source) yield* framesOf(source as FrameStream, signal)
  else throw mismatch('frames', 'a video, a canvas or a stream of frames', source)
}

declare function requestAnimationFrame(call: () => void): number

/** Waits for a video's next frame. @returns false when the video has ended */
async function nextOfVideo(video: Video, signal: AbortSignalLike | undefined): Promise<boolean> {
  if (video.ended) return false
  let end = (): void => {}
  let handle = 0
  const next = new Promise<boolean>((resolve) => {
    handle = video.requestVideoFrameCallback(() => resolve(true))
    end = () => resolve(false)
  })
  video.addEventListener('ended', end)
  try {
    return await orAborted(signal, next)
  } finally {
    video.removeEventListener('ended', end)
    video.cancelVideoFrameCallback(handle)
  }
}

async function* framesOf(stream: FrameStream, signal: AbortSignalLike | undefined): AsyncGenerator<object> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await orAborted(signal, reader.read())
      if (done || !value) return
      try {
        yield value
      } finally {
        value.close()
      }
    }
  } finally {
    await reader.cancel()
  }
}
