/** FNV-1a: enough to notice a changed link, and nothing here is secret. */
export function sign(words: string): string {
  let hash = 0x811c9dc5
  for (const character of words) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  }
  return hash.toString(16)
}
