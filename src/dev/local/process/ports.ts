/** Ports that are taken already. */
import { createServer } from 'node:net'

/** Null: all are free. */
export async function takenPort(ports: readonly number[]): Promise<number | null> {
  for (const port of ports) if (!(await isFree(port))) return port
  return null
}

export function portFault(port: number, workerPort: number): string {
  const user = port === workerPort ? 'Reelhook' : 'its callback server'
  return `Port ${port} is in use, and ${user} needs it. Stop the program that has it, or take others: PORT=${workerPort + 100} npm start`
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (isListening) await new Promise((resolve) => server.close(resolve))
  return isListening
}
