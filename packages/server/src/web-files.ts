/**
 * The files of the web page, as a handler of HTTP requests: with types, ETags, compression and a policy that lets no script in but the page's own.
 *
 * @module
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as HttpStaticServer from "effect/http/HttpStaticServer"
import * as Scope from "effect/Scope"

/** What a page of this server may do: run its own scripts and styles, and connect to this server; nothing inline, nothing foreign. */
const policy = Object.entries({
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self' data:",
  "font-src": "'self'",
  "connect-src": "'self'",
  "manifest-src": "'self'",
  "worker-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'"
})
  .map(([directive, sources]) => `${directive} ${sources}`)
  .join("; ")

const securityHeaders = {
  "Content-Security-Policy": policy,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin"
}

/** Files whose name changes with their content, as `assets/index-B3x9aQ2z.js`: nobody need ask for them twice. */
const hashed = /^\/assets\/.*-[\w-]{8,}\.\w+$/u

const cacheControlOf = (url: string): string =>
  hashed.test(url.split("?")[0]!) ? "public, max-age=31536000, immutable" : "no-cache"

/** What is served in place of a page that was not built. */
const noPage = HttpServerResponse.text(
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tertulia</title>
<p>There is no web client here: it was not built.</p>
<p>Clients connect to this server over WebSocket, at <code>/ws</code>, with the subprotocol <code>tertulia.v1</code>.</p></html>
`,
  { status: 404, contentType: "text/html; charset=utf-8" }
)

const notFound = HttpServerResponse.text("There is no such file.\n", { status: 404 })

const onlyReading = HttpServerResponse.text("Only GET and HEAD.\n", { status: 405, headers: { Allow: "GET, HEAD" } })

/** Whether a path names a view of the page, and not one of its files. */
const isPage = (url: string): boolean => !/\.[^/]*$/u.test(url.split("?")[0]!)

/** Serves what is in a folder, now or later; a path without a file is the page's own affair, and gets `index.html`. */
export const makeFiles = Effect.fnUntraced(function* (folder: string) {
  const files = yield* Effect.orDie(HttpStaticServer.make({ root: folder, spa: true }))
  const answer = Effect.gen(function* () {
    const { method, url } = yield* HttpServerRequest.HttpServerRequest
    if (method !== "GET" && method !== "HEAD") return onlyReading
    return yield* Effect.matchEffect(files, {
      onFailure: (error) => {
        if (error.reason._tag !== "RouteNotFound") return Effect.fail(error)
        return Effect.succeed(isPage(url) ? noPage : notFound)
      },
      onSuccess: (file) => Effect.succeed(HttpServerResponse.setHeader(file, "Cache-Control", cacheControlOf(url)))
    })
  }).pipe(Effect.map(HttpServerResponse.setHeaders(securityHeaders)), HttpMiddleware.compression())
  return yield* NodeHttpServer.makeHandler(answer, { scope: yield* Scope.Scope })
}, Effect.provide(NodeHttpServer.layerHttpServices))
