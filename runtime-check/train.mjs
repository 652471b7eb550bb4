import { losses } from '../bundle-check/net.js'

const [device] = globalThis.Deno?.args ?? process.argv.slice(2)
console.log(JSON.stringify(await losses(device)))
