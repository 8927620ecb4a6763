/** Other spellings of a signed path, which a careless reader takes for the same. */

/** Its last character as an escape. */
export function escaped(path: string): string {
  return `${path.slice(0, -1)}%${path.charCodeAt(path.length - 1).toString(16)}`
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** 43 characters hold two bits more than 32 bytes: here the last of them is another. */
export function otherBits(path: string): string {
  const last = alphabet.indexOf(path.at(-1) ?? '')
  return `${path.slice(0, -1)}${alphabet[last ^ 1]}`
}
