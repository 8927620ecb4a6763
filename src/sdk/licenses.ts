/** Adds the licenses of what is bundled: they require that each copy contains them. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Plugin } from 'rolldown'

/** One file for each bundle: `cli.licenses.txt`. */
export const addLicenses: Plugin = {
  name: 'licenses',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue
      const folders = new Set(chunk.moduleIds.map(packageOf).filter((folder) => folder !== null))
      const source = [...folders].sort().map(licenseOf).join('\n\n')
      if (source !== '') this.emitFile({ type: 'asset', fileName: `${chunk.name}.licenses.txt`, source })
    }
  },
}

/** The runtime of the generated client is a copy of its generator's. */
function packageOf(moduleId: string): string | null {
  if (moduleId.includes('/src/sdk/client/generated/')) return 'node_modules/@redocly/cli'
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(moduleId)?.[0] ?? null
}

function licenseOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  const file = readdirSync(folder).find((one) => /^license/i.test(one))
  const text = file === undefined ? '' : `\n\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}`
  return `# ${name} ${version} (${license})${text}`
}
