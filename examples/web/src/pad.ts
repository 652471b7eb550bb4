type Point = readonly [x: number, y: number]

/** A canvas on which a digit is drawn, with a pen, a finger, a mouse or, from its middle, the arrow keys. */
export class Pad {
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  readonly #drawn: () => void
  #last: Point | undefined
  #isEmpty = true

  /** @param drawn called after each stroke */
  constructor(canvas: HTMLCanvasElement, drawn: () => void) {
    this.#canvas = canvas
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!
    this.#drawn = drawn
    canvas.onpointerdown = (event) => {
      canvas.setPointerCapture(event.pointerId)
      this.#last = undefined
      this.#to(this.#pointOf(event))
    }
    canvas.onpointermove = (event) => {
      if (event.buttons > 0) this.#to(this.#pointOf(event))
    }
    canvas.onpointerup = () => drawn()
    canvas.onkeydown = (event) => this.#onKey(event)
    this.clear()
  }

  clear(): void {
    this.#context.fillStyle = '#fff'
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height)
    this.#last = undefined
    this.#isEmpty = true
  }

  #pointOf(event: PointerEvent): Point {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect()
    return [
      ((event.clientX - left) / width) * this.#canvas.width,
      ((event.clientY - top) / height) * this.#canvas.height,
    ]
  }

  #to(point: Point): void {
    const context = this.#context
    Object.assign(context, { lineWidth: 22, lineCap: 'round', lineJoin: 'round', strokeStyle: '#000' })
    context.beginPath()
    context.moveTo(...(this.#last ?? point))
    context.lineTo(...point)
    context.stroke()
    this.#last = point
    this.#isEmpty = false
  }

  #onKey(event: KeyboardEvent): void {
    const moves: Readonly<Record<string, Point>> = {
      ArrowLeft: [-20, 0],
      ArrowRight: [20, 0],
      ArrowUp: [0, -20],
      ArrowDown: [0, 20],
    }
    const move = moves[event.key]
    if (move === undefined) return
    event.preventDefault()
    const [x, y] = this.#last ?? [this.#canvas.width / 2, this.#canvas.height / 2]
    this.#last ??= [x, y]
    this.#to([x + move[0], y + move[1]])
    this.#drawn()
  }

  /** Returns the drawing as 10×10 pixels from 0 to 1, cut and scaled like the digits of MNIST; undefined if empty. */
  pixels(): Float32Array | undefined {
    if (this.#isEmpty) return undefined
    const { width, height } = this.#canvas
    const { data } = this.#context.getImageData(0, 0, width, height)
    let [left, top, right, bottom] = [width, height, 0, 0]
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        if (data[4 * (y * width + x)]! < 128) {
          left = Math.min(left, x)
          right = Math.max(right, x + 1)
          top = Math.min(top, y)
          bottom = Math.max(bottom, y + 1)
        }
    const size = Math.max(right - left, bottom - top)
    const [x, y] = [(left + right - size) / 2, (top + bottom - size) / 2]
    const small = new OffscreenCanvas(10, 10).getContext('2d')!
    Object.assign(small, { fillStyle: '#fff', imageSmoothingEnabled: true, imageSmoothingQuality: 'high' })
    small.fillRect(0, 0, 10, 10)
    small.drawImage(this.#canvas, x, y, size, size, 0, 0, 10, 10)
    const bytes = small.getImageData(0, 0, 10, 10).data
    return Float32Array.from({ length: 100 }, (_, i) => 1 - bytes[4 * i]! / 255)
  }
}
