/** `reelhook export`: rows of jobs for accounting, which can be continued. */
import { EventEmitter, once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { decimal } from '../../../src/core/job/export-row.ts'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { csvLine } from '../../../src/sdk/cli/export/csv.ts'
import { run } from '../../../src/sdk/cli/run.ts'
import { aJobView, anOutputView } from '../../support/job-views.ts'

let jobs: JobView[] = []
let asked: string[] = []
let failures = 0

/** GET /v1/jobs in pages of two. */
const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url ?? '', 'http://127.0.0.1')
  asked.push(searchParams.toString())
  response.setHeader('content-type', 'application/json')
  if (failures > 0) {
    failures--
    response.writeHead(429, { 'retry-after': '0' }).end('{}')
    return
  }
  const after = searchParams.get('cursor') ?? ''
  const rest = jobs.filter(({ id }) => id > after)
  const data = rest.slice(0, 2)
  response.end(JSON.stringify({ data, next_cursor: rest.length > 2 ? data.at(-1)?.id : null }))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
const url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
const folder = await mkdtemp(join(tmpdir(), 'reelhook-export-'))
afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true })
})

const idOf = (n: number) => `job_01kbk6v3x6f9ja8c6mphr3z4${String(n).padStart(2, '0')}`

function aJob(n: number, changes: Partial<JobView> = {}): JobView {
  return aJobView({ id: idOf(n), status: 'succeeded', settled_at: '2026-11-29T12:00:00.000Z', ...changes })
}

beforeEach(() => {
  jobs = [1, 2, 3, 4, 5].map((n) => aJob(n))
  asked = []
  failures = 0
})

async function exportWith(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const process = Object.assign(new EventEmitter(), {
    argv: ['node', 'reelhook', 'export', ...args],
    env: { REELHOOK_URL: url, REELHOOK_API_KEY: 'rh_key', XDG_CONFIG_HOME: folder },
    stdin: new PassThrough(),
    stdout,
    stderr,
    exit: () => undefined,
  })
  const read = Promise.all([text(stdout), text(stderr)])
  const code = await run(process as unknown as NodeJS.Process)
  stdout.end()
  stderr.end()
  const [out, log] = await read
  return { code, out, log, ids: [...out.matchAll(/"id":"(job_\w+)"/g)].map(([, id]) => id) }
}

describe('an export', () => {
  it('has every job once, the oldest first, without prompts and URLs', async () => {
    jobs[0] = aJob(1, {
      cost: { amount_usd: 0.1 + 0.2, source: 'provider' },
      outputs: [anOutputView({ status: 'stored', bytes: 12, sha256: 'abc', url: 'https://files.test/v' })],
    })
    const { code, out, ids } = await exportWith()
    expect([code, ids]).toEqual([0, [1, 2, 3, 4, 5].map(idOf)])
    expect(JSON.parse(out.split('\n')[0] ?? '')).toMatchObject({
      amount_usd: '0.3',
      cost_source: 'provider',
      output_bytes: '12',
      output_sha256: 'abc',
    })
    expect(out).not.toMatch(/https:|prompt/)
    expect(asked[0]).toContain('order=asc')
  })

  it('has the request only if it is asked for', async () => {
    expect((await exportWith('--with-requests')).out).toContain('prompt')
  })

  it('outlasts responses that say to try again', async () => {
    failures = 2
    expect(await exportWith()).toMatchObject({ code: 0, ids: [1, 2, 3, 4, 5].map(idOf) })
  })

  it('ends before a job that has not ended, so that it can be continued there', async () => {
    jobs[2] = aJob(3, { status: 'generating', settled_at: null })
    const first = await exportWith()
    expect(first.ids).toEqual([1, 2].map(idOf))
    expect(first.log).toContain(`Ended before ${idOf(3)}`)
    jobs[2] = aJob(3)
    expect((await exportWith('--after', idOf(2))).ids).toEqual([3, 4, 5].map(idOf))
  })

  it.each(['ndjson', 'csv'])('continues a file that broke off in the middle of a row: %s', async (format) => {
    const [whole, broken] = [join(folder, `whole.${format}`), join(folder, `broken.${format}`)]
    await exportWith('--format', format, '--output', whole)
    const all = jobs
    jobs = all.slice(0, 2)
    await exportWith('--format', format, '--output', broken)
    await appendFile(broken, format === 'csv' ? idOf(3) : `{"id":"${idOf(3)}","sta`)
    jobs = all
    expect((await exportWith('--format', format, '--output', broken, '--resume')).code).toBe(0)
    expect(await readFile(broken, 'utf8')).toBe(await readFile(whole, 'utf8'))
    expect((await exportWith('--format', format, '--output', broken)).code).toBe(2)
  })

  it('refuses to continue a file that is no export', async () => {
    const file = join(folder, 'letter.txt')
    await appendFile(file, 'Dear sir,\n')
    expect((await exportWith('--output', file, '--resume')).code).toBe(2)
    expect(await readFile(file, 'utf8')).toBe('Dear sir,\n')
  })
})

describe('a row of CSV', () => {
  it('quotes what RFC 4180 says, and is one line', () => {
    expect(csvLine(['a', 'b,c', 'd"e', 'f\r\ng', null])).toBe('a,"b,c","d""e",f g,\r\n')
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '＝1'])(
    'is no formula for a spreadsheet: %s',
    (cell) => {
      expect(csvLine([cell])).toBe(`"'${cell}"\r\n`)
    },
  )

  it.each([
    [0.1 + 0.2, '0.3'],
    [1e-6, '0.000001'],
    [100, '100'],
    [0, '0'],
  ])('has amounts as decimal text: %s', (amount, expected) => {
    expect(decimal(amount)).toBe(expected)
  })
})
