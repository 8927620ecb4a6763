/** A Worker that is started, held by its control channel, and killed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { ArmedPoint } from './trial.ts'

export interface LifePlan {
  n: number
  seed: number
  armed: ArmedPoint[]
}

export interface Life {
  url: string
  isOver: () => boolean
  over: Promise<void>
  /** Fires the cron trigger, twice at once. */
  sweep: () => void
  /** SIGKILL, to the runtime and whatever started it. */
  kill: () => Promise<void>
}

export interface LifeSettings {
  folder: string
  bundleFile: string
  port: number
  variables: Record<string, string>
  harnessUrl: string
}

// None outlives the harness, however it ends.
const alive = new Set<number>()
process.once('exit', () => {
  for (const pid of alive) process.kill(-pid, 'SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

export async function beginLife(settings: LifeSettings, plan: LifePlan, offsetMs: number): Promise<Life> {
  const { folder, bundleFile, port, variables, harnessUrl } = settings
  const { n, seed, armed } = plan
  const lifeFile = `${folder}/life.json`
  const chaos = { seed, armed, offsetMs, harnessUrl }
  const life = { ...variables, CHAOS: JSON.stringify(chaos) }
  writeFileSync(
    lifeFile,
    JSON.stringify({ folder, port, variables: life, logFile: `${folder}/life-${n}.log` }),
  )
  const script = new URL('./worker-process.ts', import.meta.url).pathname
  // A group of its own, so that the runtime's process dies with it.
  const child = spawn(process.execPath, [script, bundleFile, lifeFile], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  // A sweep may be written to one that has just died.
  child.stdin.on('error', () => undefined)
  const { pid } = child
  if (pid === undefined) throw new Error('the Worker has no process')
  alive.add(pid)
  let isOver = false
  const ended = once(child, 'exit').then(() => {
    isOver = true
    alive.delete(pid)
  })
  const [url] = await Promise.race([once(createInterface(child.stdout), 'line'), ended.then(() => [null])])
  if (typeof url !== 'string') throw new Error(`the Worker did not start: see ${folder}/life-${n}.log`)
  return {
    url,
    isOver: () => isOver,
    over: ended,
    sweep: () => void child.stdin.write('sweep\n'),
    async kill() {
      if (isOver) return
      isOver = true
      process.kill(-pid, 'SIGKILL')
      await ended
    },
  }
}
