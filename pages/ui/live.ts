import { useEffect, useState } from 'preact/hooks'

/** What a page has of something that the server sends again whenever it changes. */
export interface Live<View> {
  /** Undefined until the server has sent it once. */
  readonly view: View | undefined
  /** What the server says is wrong. */
  readonly problem?: string
  /** What keeps the server from looking, such as a database that does not answer; it tries again. */
  readonly fault?: string
  /** Whether the connection is lost; the browser tries again. */
  readonly isLost: boolean
}

/**
 * Asks the server for a view at an address, and follows it. Of two addresses with the same `key`, the view of the first is
 * shown until that of the second arrives.
 *
 * @param merge makes the new state from the last one and what is received. @default what is received
 */
export function useLive<View>(
  address: string,
  key: string = address,
  merge: (before: View | undefined, received: View) => View = (_, received) => received,
): Live<View> {
  const [state, setState] = useState<Live<View> & { readonly key: string }>({
    key,
    view: undefined,
    isLost: false,
  })
  const isVisible = useVisible()
  useEffect(() => {
    if (!isVisible) return // whoever trains needs the processor
    const source = new EventSource(address)
    setState((before) => (before.key === key ? before : { key, view: undefined, isLost: false }))
    source.onmessage = ({ data }) =>
      setState(({ view }) => ({ key, view: merge(view, JSON.parse(data)), isLost: false }))
    source.addEventListener('fault', ({ data }) => {
      const { message } = JSON.parse(data)
      setState(({ view }) => ({ key, view, isLost: false, ...(message !== '' && { fault: message }) }))
    })
    source.addEventListener('problem', ({ data }) => {
      setState(({ view }) => ({ key, view, problem: JSON.parse(data).message, isLost: false }))
      source.close()
    })
    source.onerror = () => {
      setState((before) => ({ ...before, isLost: true }))
      if (source.readyState === EventSource.CLOSED)
        explain(address).then((problem) => setState((before) => ({ ...before, problem })))
    }
    return () => source.close()
  }, [address, isVisible])
  return state
}

/** Whether the page is seen, not in a tab behind others. */
function useVisible(): boolean {
  const [isVisible, setVisible] = useState(!document.hidden)
  useEffect(() => {
    const look = (): void => setVisible(!document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return isVisible
}

/** Asks why the server refused a stream, which the browser does not tell. */
async function explain(address: string): Promise<string> {
  try {
    const response = await fetch(address)
    if (response.ok) return 'the connection was lost; reload the page'
    const text = await response.text()
    return text.startsWith('{') ? JSON.parse(text).message : text
  } catch {
    return 'the server has ended; start it again with npx evenstep ui'
  }
}
