/** The JavaScript heap of the Worker's isolate after a garbage collection, by the inspector. */
import { z } from 'zod'

const timeoutMs = 20_000

/** In MiB. Null: the inspector did not answer. */
export async function heapMiB(inspectorPort: number): Promise<number | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${inspectorPort}/json`)
    const targets = targetsSchema.parse(await response.json())
    const isWorker = ({ id }: { id: string }) => id.includes('core:user:')
    const target = targets.find(isWorker) ?? targets[0]
    return target === undefined ? null : await measure(target.webSocketDebuggerUrl)
  } catch {
    return null
  }
}

async function measure(url: string): Promise<number> {
  const socket = new WebSocket(url)
  const failed = new Promise<never>((_, reject) => {
    socket.addEventListener('error', () => reject(new Error('The inspector does not answer.')))
    AbortSignal.timeout(timeoutMs).addEventListener('abort', () =>
      reject(new Error('The inspector is slow.')),
    )
  })
  const request = async (id: number, method: string): Promise<unknown> => {
    const answered = new Promise<unknown>((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        const message: unknown = JSON.parse(String(data))
        if (Reflect.get(Object(message), 'id') === id) resolve(Reflect.get(Object(message), 'result'))
      })
    })
    socket.send(JSON.stringify({ id, method }))
    return Promise.race([answered, failed])
  }
  try {
    await Promise.race([new Promise((resolve) => socket.addEventListener('open', resolve)), failed])
    await request(1, 'HeapProfiler.collectGarbage')
    const { usedSize } = usageSchema.parse(await request(2, 'Runtime.getHeapUsage'))
    return usedSize / 1_048_576
  } finally {
    socket.close()
  }
}

const targetsSchema = z.array(z.object({ id: z.string(), webSocketDebuggerUrl: z.string() }))
const usageSchema = z.object({ usedSize: z.number() })
