/** Other spellings of a signed path, which a lenient parser accepts as the same path. */

/** Escapes the last character. */
export function escaped(path: string): string {
  return `${path.slice(0, -1)}%${path.charCodeAt(path.length - 1).toString(16)}`
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** 43 characters have two bits more than 32 bytes: flips the last of them. */
export function otherBits(path: string): string {
  const last = alphabet.indexOf(path.at(-1) ?? '')
  return `${path.slice(0, -1)}${alphabet[last ^ 1]}`
}
