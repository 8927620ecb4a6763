/** One life of the Worker: its process is started, controlled through a channel, and killed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { ArmedPoint } from '../points.ts'

export interface LifePlan {
  n: number
  seed: number
  armed: ArmedPoint[]
}

export interface Life {
  url: string
  isOver: () => boolean
  over: Promise<void>
  /** Fires the cron trigger twice at the same time. */
  sweep: () => void
  /** Sends SIGKILL to the process and its children. */
  kill: () => Promise<void>
}

export interface LifeSettings {
  folder: string
  bundleFile: string
  port: number
  variables: Record<string, string>
  harnessUrl: string
}

// No process may outlive the harness, however the harness ends.
const running = new Set<number>()
process.once('exit', () => {
  for (const pid of running) process.kill(-pid, 'SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

export async function startLife(settings: LifeSettings, plan: LifePlan, offsetMs: number): Promise<Life> {
  const { folder, bundleFile, port, variables, harnessUrl } = settings
  const { n, seed, armed } = plan
  const lifeFile = `${folder}/life.json`
  const logFile = `${folder}/life-${n}.log`
  const chaos = JSON.stringify({ seed, armed, offsetMs, harnessUrl })
  writeFileSync(
    lifeFile,
    JSON.stringify({ folder, port, logFile, variables: { ...variables, CHAOS: chaos } }),
  )
  const script = new URL('./worker-process.ts', import.meta.url).pathname
  // Detached: its own process group, so that a kill reaches workerd too.
  const child = spawn(process.execPath, [script, bundleFile, lifeFile], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  // A sweep may be written to a process that was just killed.
  child.stdin.on('error', () => undefined)
  const { pid } = child
  if (pid === undefined) throw new Error('The Worker has no process.')
  running.add(pid)
  let isOver = false
  const over = once(child, 'exit').then(() => {
    isOver = true
    running.delete(pid)
  })
  const [url] = await Promise.race([once(createInterface(child.stdout), 'line'), over.then(() => [null])])
  if (typeof url !== 'string') throw new Error(`The Worker did not start: see ${logFile}`)
  return {
    url,
    isOver: () => isOver,
    over,
    sweep: () => void child.stdin.write('sweep\n'),
    async kill() {
      if (isOver) return
      isOver = true
      process.kill(-pid, 'SIGKILL')
      await over
    },
  }
}
