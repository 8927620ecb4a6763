/** The commands of `reelhook` that read: `jobs`, `job`, `models`, `estimate`, and help. */
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createClient } from '../../../src/sdk/client/index.ts'
import { createKey, markedPrompt, url } from '../support.ts'
import { emptyFolder, run } from './command.ts'

const cheap = ['--model', 'seedance-2.0-mini', '--duration', '5', '--resolution', '480p']
const pageSchema = z.object({
  data: z.array(z.looseObject({ id: z.string() })),
  next_cursor: z.string().nullable(),
})

let apiKey = ''
let ids: string[] = []
beforeAll(async () => {
  // A key of a project sees its own jobs only.
  apiKey = (await createKey({ project: `cli-${crypto.randomUUID().slice(0, 8)}` })).key
  const reelhook = createClient({ baseUrl: url, apiKey })
  for (const order of ['1', '2', '3']) {
    const { id } = await reelhook.create({
      model: 'seedance-2.0-mini',
      prompt: markedPrompt(),
      metadata: { order },
    })
    ids = [id, ...ids]
  }
  await Promise.all(ids.map((id) => reelhook.wait(id)))
}, 60_000)

const lines = (stdout: string) => stdout.trimEnd().split('\n')

describe.concurrent('jobs', () => {
  it('lists them, the newest first', async () => {
    const { code, stdout } = await run(['jobs'], { apiKey })
    expect(code).toBe(0)
    expect(lines(stdout).map((line) => line.split(' ')[0])).toEqual(['Job', ...ids])
  })

  it('prints the page of the API, and with --all one line for each', async () => {
    const page = pageSchema.parse(
      JSON.parse((await run(['jobs', '--json', '--limit', '2'], { apiKey })).stdout),
    )
    expect(page.data.map(({ id }) => id)).toEqual(ids.slice(0, 2))
    const all = await run(['jobs', '--json', '--all', '--limit', '2'], { apiKey })
    const pages = lines(all.stdout).map((line) => pageSchema.parse(JSON.parse(line)))
    expect(pages.map(({ data }) => data.map(({ id }) => id))).toEqual([ids.slice(0, 2), ids.slice(2)])
  })

  it('continues a list with the cursor that it names', async () => {
    const { stderr } = await run(['jobs', '--limit', '2'], { apiKey })
    const [, cursor = ''] = /--cursor (\S+),/.exec(stderr) ?? []
    const next = await run(['jobs', '--cursor', cursor], { apiKey })
    expect(lines(next.stdout).at(-1)).toContain(ids[2])
  })

  it('filters by metadata, status and time', async () => {
    const args = ['--metadata', 'order=2', '--status', 'succeeded', '--since', '1h']
    const { stdout } = await run(['jobs', '--json', ...args], { apiKey })
    expect(pageSchema.parse(JSON.parse(stdout)).data.map(({ id }) => id)).toEqual([ids[1]])
    const none = await run(['jobs', '--until', '1h'], { apiKey })
    expect(none).toMatchObject({ code: 0, stdout: '', stderr: 'No jobs.\n' })
  })
})

describe.concurrent('job', () => {
  it('shows the status, the video and the timeline', async () => {
    const { code, stdout } = await run(['job', ids[0] ?? ''], { apiKey })
    expect(code).toBe(0)
    expect(stdout).toMatch(/Status +succeeded/)
    expect(stdout).toMatch(/Video +1: stored/)
    expect(stdout).toMatch(/\+0 ms +job\.accepted/)
    expect(stdout).toMatch(/\+\S+ \S+ +\S+ \S+ +job\.succeeded/)
  })

  it('shows the answers of the providers if it is asked to', async () => {
    const { stdout } = await run(['job', ids[0] ?? '', '--answers'], { apiKey })
    expect(stdout).toContain('submission of runware HTTP 200')
  })

  it('prints what the API has as JSON, without deliveries for a key that may not see them', async () => {
    const { key } = await createKey({ scopes: ['jobs:read'] })
    const { stdout } = await run(['job', ids[0] ?? '', '--json'], { apiKey: key })
    const shown = JSON.parse(stdout)
    expect(Object.keys(shown)).toEqual(['job', 'events', 'deliveries', 'answers'])
    expect(shown).toMatchObject({ job: { id: ids[0] }, deliveries: null })
  })

  it('ends with 3 if there is no such job', async () => {
    const { code, stderr } = await run(['job', 'job_00000000000000000000000000'], { apiKey })
    expect(code).toBe(3)
    expect(stderr).toContain('There is no job job_00000000000000000000000000.')
  })
})

describe.concurrent('wait', () => {
  it('prints one line of JSON for each job', async () => {
    const { code, stdout } = await run(['wait', ...ids, '--json'], { apiKey })
    expect(code).toBe(0)
    expect(lines(stdout).map((line) => JSON.parse(line))).toMatchObject(
      ids.map((id) => ({ job: { id, status: 'succeeded' }, files: [] })),
    )
  })

  it('ends with 5 when the time of a job is over, says that it continues, and waits for the next', async () => {
    const prompt = markedPrompt('seconds=600')
    const created = await run(['generate', prompt, ...cheap, '--yes', '--no-wait'], { apiKey })
    const late = created.stdout.trim()
    const { code, stderr } = await run(['wait', late, ...ids.slice(0, 1), '--timeout', '10'], { apiKey })
    expect(code).toBe(5)
    expect(stderr).toContain(`reelhook wait ${late}`)
    expect(stderr).toMatch(new RegExp(`succeeded {2}${ids[0]}`))
  })
})

describe.concurrent('estimate and models', () => {
  it('show a price for each provider', async () => {
    const { code, stdout } = await run(['estimate', 'a boat', ...cheap], { apiKey })
    expect(code).toBe(0)
    expect(stdout).toMatch(/runware +~\$\d/)
    expect((await run(['models'], { apiKey })).stdout).toContain('seedance-2.0-mini')
  })

  it('end with 4 where no provider can make the video, with every reason', async () => {
    const wanted = ['--model', 'seedance-2.0', '--resolution', '4k', '--provider', 'crun']
    const { code, stdout } = await run(['estimate', 'a boat', ...wanted], { apiKey })
    expect(code).toBe(4)
    expect(stdout).toContain('--resolution must be one of')
  })

  it('end with 4 where the job would pass the budget of the key, with the numbers', async () => {
    const { key } = await createKey({ monthly_budget_usd: 0.1 })
    const { code, stdout } = await run(['estimate', 'a boat', ...cheap, '--provider', 'runware'], {
      apiKey: key,
    })
    expect(code).toBe(4)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      "the job may cost $0.18 (at runware), and $0.10 remains of the API key's $0.10 for this month",
    )
  })
})

describe.concurrent('a deployment', () => {
  it('that cannot be reached ends a command with 5', async () => {
    const { code, stderr } = await run(['models'], { apiKey, baseUrl: 'http://127.0.0.1:1' })
    expect(code).toBe(5)
    expect(stderr).toContain('Check the address')
  })

  it('that is none of Reelhook is recognized', async () => {
    const { code, stderr } = await run(['models'], { apiKey, baseUrl: `${url}/elsewhere` })
    expect(code).toBe(3)
    expect(stderr).toContain('Error:')
  })

  it('gets the key of a file that can be read once, as a pipe', async () => {
    const pipe = join(await emptyFolder(), 'key')
    execFileSync('/usr/bin/mkfifo', [pipe])
    const args = ['jobs', '--limit', '1', '--url', url, '--api-key-file', pipe]
    const [{ code, stdout }] = await Promise.all([run(args), writeFile(pipe, `${apiKey}\n`)])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('job_') })
  })

  it('must be set', async () => {
    const { code, stderr } = await run(['jobs'])
    expect(code).toBe(2)
    expect(stderr).toContain('reelhook login')
  })
})

describe.concurrent('help', () => {
  it('names the exit codes and the settings', async () => {
    const { code, stdout } = await run(['--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('6    the job has already ended')
    expect(stdout).toContain('130  interrupted')
    expect(stdout).toContain('REELHOOK_API_KEY')
  })

  it('is printed without a command, which ends with 2', async () => {
    const { code, stderr } = await run([])
    expect(code).toBe(2)
    expect(stderr).toContain('Usage: reelhook')
  })
})
