/** A public address for this machine: Cloudflare's Quick Tunnel, by the installed `cloudflared`. It needs no account. */
import { spawn } from 'node:child_process'

interface Tunnel {
  url: string
  close(): void
  /** Resolves when cloudflared has ended. It ends with this process. */
  ended: Promise<void>
}

export type TunnelResult = { ok: true; tunnel: Tunnel } | { ok: false; fault: string }

interface Options {
  port: number
  environment: NodeJS.ProcessEnv
  timeoutMs?: number
}

const defaultTimeoutMs = 30_000
const linesShown = 5

/** The address is known before the Worker runs, because the Worker needs it as a setting. */
export async function openTunnel({
  port,
  environment,
  timeoutMs = defaultTimeoutMs,
}: Options): Promise<TunnelResult> {
  const child = spawn('cloudflared', ['tunnel', '--no-autoupdate', '--url', `http://127.0.0.1:${port}`], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const close = () => void child.kill()
  process.once('exit', close)
  let output = ''
  let isMissing = false
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      isMissing = 'code' in error && error.code === 'ENOENT'
      output += `${error.message}\n`
      resolve()
    })
    // Not `exit`: its last words may come after that.
    child.once('close', () => resolve())
  }).finally(() => process.off('exit', close))
  const found = new Promise<string>((resolve) => {
    // Both are read to the end: a full pipe would stop cloudflared.
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = `${output}${text}`.slice(-maxOutput)
        const url = addressIn(output)
        if (url !== null) resolve(url)
      })
    }
  })
  const timeout = AbortSignal.timeout(timeoutMs)
  const late = new Promise<void>((resolve) => timeout.addEventListener('abort', () => resolve()))
  const url = await Promise.race([found, ended, late])
  if (url !== undefined) return { ok: true, tunnel: { url, close, ended } }
  close()
  if (isMissing) return { ok: false, fault: missing }
  const last = output.trim().split('\n').slice(-linesShown).join('\n  ')
  return { ok: false, fault: `cloudflared gave no address for the tunnel. Its last lines:\n  ${last}` }
}

/** The host api.trycloudflare.com is in the errors of cloudflared. */
export function addressIn(output: string): string | null {
  return /https:\/\/(?!api\.)[a-z0-9-]+\.trycloudflare\.com(?=\s)/.exec(output)?.[0] ?? null
}

const maxOutput = 20_000

const missing = `--tunnel needs the program cloudflared, which is not on the PATH. Install it:
  macOS            brew install cloudflared
  Windows          winget install --id Cloudflare.cloudflared
  Debian, Ubuntu   the package cloudflared of pkg.cloudflare.com
Or run any other tunnel to this port, and set PUBLIC_BASE_URL in .dev.vars to its https address.`
