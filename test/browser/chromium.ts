/** Debian's Chromium, driven over its debugging protocol. */
import { type Browser, chromium } from 'playwright-core'

export const chromiumPath = '/usr/bin/chromium'

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args })
}

/** No sandbox, because tests often run as root. No connection of the browser's own. */
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
