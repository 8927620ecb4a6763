/** A delivery, as `npm start` prints it. No I/O. */
import type { Received } from '../callback-server.ts'
import type { Paint } from './paint.ts'

export function deliveryLines({ type, job, verified, fault, at }: Received, paint: Paint): string {
  const color = !verified ? 'red' : type === 'job.failed' ? 'yellow' : 'green'
  const since =
    job?.created_at === undefined ? '' : `, ${secondsBetween(job.created_at, at)} s after the post`
  const lines = [
    `${paint(color, `← ${type}`)}  ${job?.id ?? ''}`.trimEnd(),
    `    ${verified ? 'signature verified' : paint('red', `NOT VERIFIED, refused: ${fault}`)}${since}`,
  ]
  for (const { n, url } of job?.outputs ?? []) {
    if (typeof url === 'string') lines.push(`    video ${n}: ${url}`)
  }
  if (job?.fault) lines.push(`    ${job.fault.code}: ${job.fault.message}`)
  return `\n${lines.join('\n')}\n`
}

function secondsBetween(created: string, at: number): string {
  return ((at - Date.parse(created)) / 1_000).toFixed(1)
}
