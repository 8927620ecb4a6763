/** Watches the files of the Worker and its settings. */
import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { type Change, changeOf } from './watched.ts'

/**
 * Calls `onChange` for each change that matters, several times for one save. Returns a function that ends the watch. Each
 * folder has a watch of its own: with `recursive`, Node on Linux watches each file, and misses the changes of a file that an
 * editor or git has replaced before.
 */
export function watchFiles(root: string, onChange: (change: Change) => void): () => void {
  const watchers = new Map<string, FSWatcher>()
  const follow = (folder: string) => {
    watchers.get(folder)?.close()
    const watcher = watch(join(root, folder), (_, name) => {
      if (name === null) return
      const path = folder === '' ? name : `${folder}/${name}`
      const change = changeOf(path)
      if (change === null) return
      if (isFolder(join(root, path))) followAll(path)
      onChange(change)
    })
    // A folder that is deleted: its parent reports that.
    watcher.on('error', () => watcher.close())
    watchers.set(folder, watcher)
  }
  const followAll = (folder: string) => {
    follow(folder)
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (entry.isDirectory()) followAll(`${folder}/${entry.name}`)
    }
  }
  // Not the settings file itself, which may not exist yet.
  follow('')
  followAll('src')
  return () => {
    for (const watcher of watchers.values()) watcher.close()
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
