/** Where the videos of a job are saved. A file that is there is never overwritten without --force. */
import { stat } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import type { Job } from '../../client/index.ts'
import { usageFault } from '../errors.ts'

export type Output = Job['outputs'][number]

export interface Target {
  output: string
  isForced: boolean
}

/** Before money is spent: the folder must be there, and the file must not. The names in a folder have the job's id. */
export async function checkTarget({ output, isForced }: Target, count: number): Promise<void> {
  if (await isFolder(output)) return
  if (output.endsWith('/')) throw usageFault(`There is no folder ${output}.`, `Create it: mkdir -p ${output}`)
  await checkFolder(output)
  if (isForced) return
  for (const path of numbered(output, Math.min(count, mostChecked))) {
    if ((await stat(path).catch(() => null)) !== null) {
      throw usageFault(
        `The file ${path} is already there.`,
        'Choose another --output, or overwrite it with --force.',
      )
    }
  }
}

export async function checkFolder(file: string): Promise<void> {
  if (await isFolder(resolve(file, '..'))) return
  throw usageFault(`There is no folder for ${file}.`, 'Create it, or choose another --output.')
}

/** More than a job can have. The deployment refuses a larger count. */
const mostChecked = 20

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false
}

/** The path of each output, in their order. */
export async function pathsOf({ output }: Target, job: Pick<Job, 'id' | 'outputs'>): Promise<string[]> {
  const { id, outputs } = job
  return (await isFolder(output))
    ? outputs.map(({ n, content_type }) => join(output, nameOf(id, { n, content_type })))
    : numbered(output, outputs.length)
}

/** `boat.mp4`, and for several `boat-1.mp4`, `boat-2.mp4`. */
export function numbered(path: string, count: number): string[] {
  if (count === 1) return [path]
  const ending = extname(path)
  const stem = path.slice(0, path.length - ending.length)
  return Array.from({ length: count }, (_, n) => `${stem}-${n + 1}${ending}`)
}

/** The name that the links of the deployment have, made here: a name from outside could lead out of the folder. */
export function nameOf(id: string, { n, content_type }: Pick<Output, 'n' | 'content_type'>): string {
  const ending = { 'video/quicktime': 'mov', 'video/webm': 'webm' }[content_type ?? ''] ?? 'mp4'
  return `${id.replaceAll(/\W/g, '')}-${n}.${ending}`
}
