/** Which changes of files matter to the running Worker. No I/O. */

export type Change = 'code' | 'settings' | 'restart'

export const settingsFile = '.dev.vars'

/** `path`: from the root of the repository, with slashes. Null: the Worker is the same after this change. */
export function changeOf(path: string): Change | null {
  if (path === settingsFile) return 'settings'
  // The migrations need a database that no runtime has open; the others are read at the start only.
  if (path === 'wrangler.toml' || path === 'package.json') return 'restart'
  if (!path.startsWith('src/') || isTemporary(path) || path.endsWith('.md')) return null
  if (path.startsWith('src/store/migrations/')) return path.endsWith('.sql') ? 'restart' : null
  // They are part of this process, not of the Worker.
  if (path.startsWith('src/dev/local/') || path.startsWith('src/dev/simulator/')) return 'restart'
  return /^src\/(dev\/(?!runtime\/)|sdk\/|recipes\/)/.test(path) ? null : 'code'
}

/** The files that editors write beside the edited one. vim tests a folder with 4913. */
function isTemporary(path: string): boolean {
  return /(^|\/)(\.[^/]*|#[^/]*|4913|[^/]*(~|\.swp|\.tmp))$/.test(path)
}
