import { train } from 'evenstep'
import { useEffect, useState } from 'react'

export function Training({ settings }: { readonly settings: unknown }) {
  const [losses, setLosses] = useState<readonly number[]>([])
  useEffect(() => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    const left = new AbortController()
    const follow = async () => {
      for await (const event of train.inWorker(worker, settings, { signal: left.signal }))
        if (event.type === 'epoch') setLosses((before) => [...before, event.validationLoss])
    }
    follow()
      .catch((error) => left.signal.aborted || console.error(error))
      .finally(() => worker.terminate())
    return () => left.abort()
  }, [settings])
  return <p>{losses.map((loss) => loss.toFixed(3)).join(', ')}</p>
}
