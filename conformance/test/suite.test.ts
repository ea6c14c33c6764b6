import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const folder = fileURLToPath(new URL("../suite/", import.meta.url))
const files = readdirSync(folder).filter((file) => file.endsWith(".test.ts"))

describe("the suite's tests", () => {
  it.each(files)("%s never sleeps: absence is shown by a fence, and waits have deadlines already", (file) => {
    const source = readFileSync(`${folder}${file}`, "utf8")
    const banned = /\b(?:setTimeout|setInterval|Effect\.(?:sleep|delay|schedule|retry|repeat))\b/u
    assert.strictEqual(banned.exec(source)?.[0], undefined)
  })

  it.each(files)("%s leaves chance to the seed, and time to the suite's clock", (file) => {
    const source = readFileSync(`${folder}${file}`, "utf8")
    assert.strictEqual(/\b(?:Math\.random|Date\.now|new Date|performance\.now)\b/u.exec(source)?.[0], undefined)
  })
})
