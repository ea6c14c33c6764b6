/** What others write is text, whatever it looks like; and what a server says that nobody understands changes nothing. */
import { createServer } from "node:http"
import { assert, it } from "vitest"
import { WebSocketServer } from "ws"
import { inBrowser, say, sees } from "./support/browser.ts"

/** What has been tried on chats before: tags, handlers, schemes, marks of direction, heaps of combining characters. */
const hostile = [
  "<script>window.hacked = 1</script>",
  '<img src=x onerror="window.hacked = 2">',
  '"><svg onload=window.hacked=3>',
  "[click](javascript:window.hacked=4) javascript:window.hacked=5",
  "data:text/html,<script>window.hacked=6</script>",
  'https://example.org/"onmouseover="window.hacked=7',
  "\u202egpj.exe\u202c and \u2066isolated",
  "**`*_~~**` ``` unclosed _*_ **",
  `${"`*_~".repeat(300)}`,
  `Z${"\u0301".repeat(2_000)}algo`,
  "a".repeat(4_096)
]

inBrowser("hostile texts", ({ enter, serve, troubles }) => {
  it("are shown, do nothing, and break no layout", async () => {
    const server = await serve()
    const [ana, leo] = [
      await enter(server.url, "ana"),
      await enter(server.url, "leo", { viewport: { width: 320, height: 640 } })
    ]
    for (const text of hostile) await say(ana, text)
    await say(ana, "the last")
    await sees(leo, "the last")
    for (const page of [ana, leo]) {
      assert.isUndefined(await page.evaluate(() => (globalThis as { hacked?: unknown }).hacked))
      assert.strictEqual(await page.locator(".log :is(script, img, svg:not(.icon), iframe, style)").count(), 0)
      const links = await page.locator(".text a").evaluateAll((all) => all.map((each) => each.getAttribute("href")!))
      for (const link of links) assert.match(link, /^https?:/u)
      const [inner, whole] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth])
      assert.strictEqual(whole, inner)
    }
    assert.strictEqual(await ana.locator(".text a").first().getAttribute("rel"), "noopener noreferrer nofollow")
    assert.deepStrictEqual(troubles, [])
  })

  it("can't run as a script of the page, whoever put it there", async () => {
    const server = await serve()
    const ana = await enter(server.url, "ana")
    await ana.evaluate(() => {
      const script = document.createElement("script")
      script.textContent = "window.hacked = 8"
      document.body.append(script)
      document.body.insertAdjacentHTML("beforeend", '<img src=x onerror="window.hacked = 9">')
    })
    assert.isUndefined(await ana.evaluate(() => (globalThis as { hacked?: unknown }).hacked))
    // The browser complains about the inline script and the handler, and that is all that happens.
    assert.isTrue(troubles.some((text) => text.includes("Content Security Policy")))
  })

  it("come from servers, too: another protocol, and events that nobody knows", async () => {
    const server = await serve()
    const page = await (await enter(server.url, "ana")).context().newPage()
    const http = createServer()
    const sockets = new WebSocketServer({ server: http })
    const lines: Array<string> = []
    sockets.on("connection", (socket) => {
      socket.send(
        '{"type":"hello","protocol":1,"server":"odd","features":["x-odd/1"],"auth":["guest"],"limits":{},"heartbeat":30}'
      )
      socket.on("message", (data) => {
        const { id, type, room } = JSON.parse(String(data))
        lines.push(type)
        if (type === "login") socket.send(`{"type":"welcome","re":${id},"nick":"eva","odd":[1]}`)
        if (type !== "join") return
        socket.send('{"type":"news-of-tomorrow","room":"#cafe","seq":7}')
        socket.send(`{"type":"joined","re":${id},"room":"${room}","epoch":"e","first":1,"head":0,"members":["eva"]}`)
        socket.send(
          '{"type":"message","room":"#cafe","seq":1,"from":"leo","text":"still here","at":"2026-11-28T10:00:00.000Z"}'
        )
        socket.send("this is no JSON")
      })
    })
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
    const { port } = http.address() as { readonly port: number }
    await page.routeWebSocket(/\/ws$/u, (socket) => {
      const to = new WebSocket(`ws://127.0.0.1:${port}/ws`, "tertulia.v1")
      to.onmessage = ({ data }) => socket.send(data)
      socket.onMessage((data) => to.send(String(data)))
    })
    await page.goto(server.url)
    await page.evaluate(() => localStorage.clear())
    await page.goto(server.url)
    await page.locator("#nick").fill("eva")
    await page.keyboard.press("Enter")
    await sees(page, "still here")
    await page.getByText("The server broke the protocol").first().waitFor()
    sockets.close()
    http.close()
    assert.include(lines, "join")
  })
})
