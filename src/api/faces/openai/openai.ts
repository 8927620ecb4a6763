/** The OpenAI Videos dialect, as of `openai` 7.5x: a video is a job. And its models, which clients list to test a key. */
import type { Context as HonoContext } from 'hono'
import { createFace } from '../face.ts'
import { createVideo, editVideo, remixVideo } from './create.ts'
import { listModels, retrieveModel } from './models.ts'
import { notSupported, showProblem } from './problems.ts'
import { deleteVideo, listVideos, retrieveVideo, showContent } from './read.ts'

export const face = createFace(showProblem)

const noExtensions = (c: HonoContext) =>
  notSupported(c, 'No model here extends a video. Edit it, or remix it, to make another one from it.')
const noCharacters = (c: HonoContext) =>
  notSupported(c, 'No model here has characters. Send an input_reference with the request.')

face.get('/openai/v1/models', listModels)
face.get('/openai/v1/models/:id', retrieveModel)

const videos = '/openai/v1/videos'
face.post(videos, createVideo)
face.get(videos, listVideos)
face.post(`${videos}/edits`, editVideo)
face.post(`${videos}/extensions`, noExtensions)
face.post(`${videos}/characters`, noCharacters)
face.get(`${videos}/characters/:id`, noCharacters)
face.get(`${videos}/:id`, retrieveVideo)
face.delete(`${videos}/:id`, deleteVideo)
face.get(`${videos}/:id/content`, showContent)
face.post(`${videos}/:id/remix`, remixVideo)
