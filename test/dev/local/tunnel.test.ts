/** `npm start -- --tunnel`, with a pretended cloudflared on the PATH. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, describe, expect, it } from 'vitest'
import { addressIn, openTunnel } from '../../../src/dev/local/tunnel/cloudflared.ts'

const folder = mkdtempSync(`${tmpdir()}/reelhook-tunnel-`)
afterAll(() => rmSync(folder, { recursive: true }))

/** `script` is what the pretended cloudflared does. */
function tunnelWith(script: string, timeoutMs = 10_000) {
  writeFileSync(`${folder}/cloudflared`, `#!/bin/sh\n${script}\n`)
  chmodSync(`${folder}/cloudflared`, 0o755)
  return openTunnel({ port: 8787, environment: { PATH: `${folder}:/usr/bin:/bin` }, timeoutMs })
}

const box = `
INF Requesting new quick Tunnel on trycloudflare.com...
INF +-------------------------------------------------------------+
INF |  Your quick Tunnel has been created! Visit it at:           |
INF |  https://warm-paper-boat.trycloudflare.com                  |
INF +-------------------------------------------------------------+`

describe('the tunnel', () => {
  it('has the address that cloudflared prints for the port of the Worker', async () => {
    const opened = await tunnelWith(`echo "$@" > ${folder}/words; cat >&2 <<'END'${box}\nEND\nexec sleep 60`)
    expect(opened).toMatchObject({ ok: true, tunnel: { url: 'https://warm-paper-boat.trycloudflare.com' } })
    if (!opened.ok) return
    opened.tunnel.close()
    await opened.tunnel.ended
  })

  it('does not open without cloudflared, and says how to install it', async () => {
    const opened = await openTunnel({ port: 8787, environment: { PATH: '/nowhere' } })
    expect(opened).toMatchObject({ ok: false, fault: expect.stringContaining('brew install cloudflared') })
  })

  it('shows what cloudflared says when it fails, also when the text comes after its exit', async () => {
    const fault = 'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": no such host'
    const opened = await tunnelWith(
      `(while kill -0 $$ 2>/dev/null; do :; done; echo '${fault}' >&2) & exit 1`,
    )
    expect(opened).toMatchObject({ ok: false, fault: expect.stringContaining('no such host') })
  })

  it('does not wait for ever', async () => {
    expect(await tunnelWith('exec sleep 60', 50)).toMatchObject({ ok: false })
  })

  it('does not take half an address', () => {
    expect(addressIn('https://warm-paper')).toBe(null)
    expect(addressIn('Visit https://warm-paper-boat.trycloudflare.com')).toBe(null)
    expect(addressIn('|  https://warm-paper-boat.trycloudflare.com  |')).toBe(
      'https://warm-paper-boat.trycloudflare.com',
    )
  })
})
