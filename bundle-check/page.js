import { losses } from './net.js'

globalThis.trained = losses()
