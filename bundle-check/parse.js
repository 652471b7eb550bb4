import { parse } from 'evenstep/schedule'

globalThis.lr = parse('warmup 5 + cosine 0.1 to 0 over 100')
