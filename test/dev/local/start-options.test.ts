/** The command line of `npm start`, and its ports. */
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { readStartOptions } from '../../../src/dev/local/process/options.ts'
import { portFault, takenPort } from '../../../src/dev/local/process/ports.ts'
import { freePort } from '../../../src/dev/local/worker.ts'

describe('npm start', () => {
  it('has ports and a folder that stay the same', () => {
    expect(readStartOptions([], {})).toEqual({
      ok: true,
      options: {
        port: 8787,
        callbackPort: 8788,
        folder: '.wrangler/state',
        postsExamples: false,
        hasTunnel: false,
        isReset: false,
      },
    })
  })

  it('has another folder at another port, because two runtimes must not open one database', () => {
    const read = readStartOptions(['--examples', '--tunnel', '--reset'], { PORT: '9000' })
    expect(read).toMatchObject({
      options: { port: 9000, callbackPort: 9001, folder: '.wrangler/state-9000', postsExamples: true },
    })
    expect(read).toMatchObject({ options: { hasTunnel: true, isReset: true } })
  })

  it.each(['0', '65535', '80.5', 'web'])('refuses PORT=%s', (PORT) => {
    expect(readStartOptions([], { PORT })).toMatchObject({ ok: false })
  })

  it('shows its options when it gets another one', () => {
    const read = readStartOptions(['--example'], {})
    expect(read).toMatchObject({ ok: false, fault: expect.stringContaining('--examples   posts') })
  })

  it('names a port that is in use, and how to take another', async () => {
    const port = await freePort()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    expect(await takenPort([port])).toBe(port)
    expect(portFault(port, port)).toContain(`Port ${port} is in use`)
    expect(portFault(port, port)).toContain(`PORT=${port + 100} npm start`)
    await new Promise((resolve) => server.close(resolve))
    expect(await takenPort([port])).toBe(null)
  })
})
