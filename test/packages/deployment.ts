/** Starts the local deployment of the project `packages`: the Worker, and the simulator as every provider. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openStage } from '../../src/dev/local/stage.ts'

export default async function start({ provide }: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'reelhook-packages-'))
  const pace = { queuedMs: 100, runningMs: 300 }
  const { worker, simulator, adminApiKey, close } = await openStage({
    folder,
    port: 0,
    pace,
    onLog: () => undefined,
  })
  provide('deployment', { url: worker.url, adminApiKey, simulatorUrl: simulator.url })
  return async () => {
    await close()
    await rm(folder, { recursive: true })
  }
}
