/**
 * The admin socket: where a server that runs is asked by its operators. A Unix socket, because the file system says who may use it:
 * whoever runs the server, and root. There is no secret that could leak, and no port that a web page or another user could reach.
 *
 * @module
 */
import { lstatSync, unlinkSync } from "node:fs"
import * as Http from "node:http"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { oneLine, type Settings } from "../settings.ts"
import { ListenFailed } from "../transport.ts"
import { UsageFault } from "../usage.ts"
import { isAnswered } from "./ask.ts"
import type { Desk } from "./desk.ts"
import { orders, type Verb } from "./orders.ts"
import type { Verbs } from "./verbs.ts"

/** Where the socket is; undefined where there is none. */
export const socketOf = ({ adminSocket, data }: Pick<Settings, "adminSocket" | "data">): string | undefined => {
  if (adminSocket !== "") return adminSocket
  return data === ":memory:" || data === ":temporary:" ? undefined : `${data}-admin`
}

/** The most bytes of the path of a Unix socket: sun_path is as long on all systems, or longer. */
const pathBytes = 103

/** The most bytes of what is asked. */
const bodyBytes = 65_536

/** Opens the socket, which goes with the scope. Nobody is told anything before the desk opens. */
export const openSocket = Effect.fnUntraced(function* (
  path: string
): Effect.fn.Return<Desk, ListenFailed, Scope.Scope> {
  const run = yield* FiberSet.makeRuntimePromise<never>()
  let verbs: Verbs | undefined
  if (Buffer.byteLength(path) > pathBytes) return yield* failed(path, `it is longer than ${pathBytes} bytes`)
  yield* removeStale(path)
  yield* listening(path, (verb, body) => run(answer(verbs, verb, body)))
  return {
    opens: (given) => {
      verbs = given
    }
  }
})

const failed = (path: string, why: string): Effect.Effect<never, ListenFailed> =>
  Effect.fail(
    new ListenFailed({
      message: `can't open the admin socket ${oneLine(path)}: ${why}; choose another with --admin-socket`
    })
  )

/** Removes what a server that was killed has left; not what one uses, and nothing else that has this name. */
const removeStale = Effect.fnUntraced(function* (path: string) {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) return yield* failed(path, "something else has this name")
  if (yield* isAnswered(path)) return yield* failed(path, "another server uses it")
  yield* Effect.try({ try: () => unlinkSync(path), catch: String }).pipe(
    Effect.catch((why) => failed(path, oneLine(why)))
  )
})

interface Answer {
  readonly status: number
  readonly body: unknown
}

const wrong = (status: number, error: string): Answer => ({ status, body: { error } })

const isVerb = (name: string): name is Verb => Object.hasOwn(orders, name)

const answer = (verbs: Verbs | undefined, verb: string, body: string): Effect.Effect<Answer> => {
  if (!isVerb(verb)) return Effect.succeed(wrong(404, `there are ${Object.keys(orders).join(", ")}`))
  if (verbs === undefined) return Effect.succeed(wrong(503, "the server doesn't listen yet"))
  return obey(verbs, verb, body)
}

const obey = <V extends Verb>(verbs: Verbs, verb: V, body: string): Effect.Effect<Answer> =>
  Schema.decodeEffect(Schema.fromJsonString(orders[verb] as Schema.Codec<unknown, unknown>))(body).pipe(
    Effect.mapError(({ message }) => new UsageFault({ message })),
    Effect.flatMap((order) => Effect.andThen(note(verb, order), verbs[verb](order as never))),
    Effect.map((body): Answer => ({ status: 200, body })),
    Effect.catch(({ message }) => Effect.succeed(wrong(400, oneLine(message)))),
    Effect.catchDefect((defect) =>
      Effect.as(Effect.logError(`a defect ended ${verb}`, defect), wrong(500, "a defect of the server; see its log"))
    )
  )

/** What looks, and changes nothing. */
const looks: ReadonlySet<Verb> = new Set(["who", "rooms", "bans", "accounts", "invitations"])

/** Puts what is to change something into the log, but for a password. */
const note = (verb: Verb, order: unknown): Effect.Effect<void> => {
  if (looks.has(verb)) return Effect.void
  const { password: _, ...about } = order as Readonly<Record<string, unknown>>
  return Effect.annotateLogs(Effect.logInfo(`an operator asks for ${verb}`), about)
}

const listening = (
  path: string,
  answer: (verb: string, body: string) => Promise<Answer>
): Effect.Effect<void, ListenFailed, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Http.Server, ListenFailed>((resume) => {
      const server = Http.createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, async (request, response) => {
        const say = ({ body, status }: Answer) =>
          response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`)
        if (request.method !== "POST") return say(wrong(405, "only POST, with a JSON object"))
        const parts: Array<Buffer> = []
        let bytes = 0
        try {
          for await (const part of request as AsyncIterable<Buffer>) {
            bytes += part.length
            if (bytes > bodyBytes) return say(wrong(413, `at most ${bodyBytes} bytes`))
            parts.push(part)
          }
        } catch {
          // Whoever asked has gone.
          return undefined
        }
        return say(await answer(request.url?.slice(1) ?? "", Buffer.concat(parts).toString()))
      })
      server.maxConnections = 16
      server.on("error", (error) => resume(failed(path, error.message)))
      // It is bound within the call: nobody else can reach it at any time.
      const before = process.umask(0o177)
      try {
        server.listen({ path }, () => resume(Effect.succeed(server)))
      } finally {
        process.umask(before)
      }
    }),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeIdleConnections()
      })
  ).pipe(Effect.asVoid)
