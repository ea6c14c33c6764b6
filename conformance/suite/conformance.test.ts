/** The tests of spec/conformance.md. */
import { scenario } from "../src/scenario.ts"

scenario("what is claimed is claimed by name and version", ["CLAIM-1"], function* (t) {
  const client = yield* t.connect()
  const { features } = yield* client.greeting()
  const bad = features.filter(
    (feature) => !/^(?:(?:draft\/)?[a-z][a-z0-9-]*\/[0-9]+|x-[a-z0-9-]+\/[a-z0-9-]+)$/u.test(feature)
  )
  yield* t.judge("CLAIM-1", bad.length === 0, {
    expected: "name/version, draft/name/version or x-vendor/name",
    got: bad.length === 0 ? features : bad
  })
})

scenario("who lets guests in says so", ["CLAIM-2"], function* (t) {
  const client = yield* t.connect()
  const { auth } = yield* client.greeting()
  yield* client.login(t.nick())
  yield* t.judge("CLAIM-2", auth.includes("guest"), {
    expected: `"guest" in hello.auth, since a nick alone was enough to log in`,
    got: auth
  })
})
