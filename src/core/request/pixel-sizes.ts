/** The sizes of Seedance's videos, in pixels. Source: ModelArk, "Create a video generation task", `ratio`. No I/O. */
import type { AspectRatio, Resolution } from './choices.ts'

type Sizes = Record<Exclude<AspectRatio, 'auto'>, readonly [width: number, height: number]>

/** Seedance 2.5 makes 480p a little smaller. */
export const pixelSizes: Readonly<Record<Resolution, Readonly<Sizes>>> = {
  '480p': {
    '16:9': [864, 496],
    '4:3': [752, 560],
    '1:1': [640, 640],
    '3:4': [560, 752],
    '9:16': [496, 864],
    '21:9': [992, 432],
  },
  '720p': {
    '16:9': [1280, 720],
    '4:3': [1112, 834],
    '1:1': [960, 960],
    '3:4': [834, 1112],
    '9:16': [720, 1280],
    '21:9': [1470, 630],
  },
  '1080p': {
    '16:9': [1920, 1080],
    '4:3': [1664, 1248],
    '1:1': [1440, 1440],
    '3:4': [1248, 1664],
    '9:16': [1080, 1920],
    '21:9': [2206, 946],
  },
  '4k': {
    '16:9': [3840, 2160],
    '4:3': [3326, 2494],
    '1:1': [2880, 2880],
    '3:4': [2494, 3326],
    '9:16': [2160, 3840],
    '21:9': [4398, 1886],
  },
}
