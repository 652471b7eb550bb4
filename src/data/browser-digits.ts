/** Returns the address of the package's file of digits, as seen from the build: bundlers copy what is written like this. */
export const digitsFile = (): URL => new URL('../../../assets/mnist-10x10.bin', import.meta.url)
