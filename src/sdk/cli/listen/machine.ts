/** What `listen` keeps on this machine: the local application needs one secret only, and a later run finds the endpoints of this one. */
import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Machine {
  id: string
  /** `whsec_…`: signs what the local application gets. */
  secret: string
}

/** It is made by the first run. */
export async function readMachine(folder: string): Promise<Machine> {
  const path = join(folder, 'listen.json')
  return (await stored(path)) ?? (await create(folder, path))
}

async function stored(path: string): Promise<Machine | null> {
  try {
    return parse(await readFile(path, 'utf8'), path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** The file appears with its whole content, and only once: of two first runs, the later one reads that of the other. */
async function create(folder: string, path: string): Promise<Machine> {
  const machine = {
    id: randomBytes(4).toString('hex'),
    secret: `whsec_${randomBytes(32).toString('base64')}`,
  }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, `${JSON.stringify(machine, null, 2)}\n`, { mode: 0o600 })
  try {
    await link(draft, path)
    return machine
  } catch (error) {
    const winner = await stored(path)
    if (winner === null) throw error
    return winner
  } finally {
    await rm(draft)
  }
}

function parse(text: string, path: string): Machine {
  const value = parseJson(text)
  if (typeof value === 'object' && value !== null && 'id' in value && 'secret' in value) {
    const { id, secret } = value
    if (typeof id === 'string' && typeof secret === 'string' && secret.startsWith('whsec_'))
      return { id, secret }
  }
  throw new Error(`${path} is damaged. Delete it: the next run makes a new one, with another signing secret.`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
