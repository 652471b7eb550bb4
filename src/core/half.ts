/** Float32 value of each of the 65,536 bit patterns of a float16; computed when first needed. */
let halves: Float32Array | undefined

/** Converts float16 numbers (IEEE 754 binary16), given as 16-bit integers, exactly to float32. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  halves ??= Float32Array.from({ length: 1 << 16 }, (_, pattern) => half(pattern))
  const out = new Float32Array(bits.length)
  for (let i = 0; i < out.length; i++) out[i] = halves[bits[i]!]!
  return out
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/** Converts bfloat16, the upper 16 bits of a float32, to float32. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length)
  for (let i = 0; i < wide.length; i++) wide[i] = bits[i]! << 16
  return new Float32Array(wide.buffer)
}
