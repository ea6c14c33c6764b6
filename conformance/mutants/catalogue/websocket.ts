/** Mutants of spec/websocket.md: the reference server as it is reached over WebSocket. */
import type { RequirementId } from "../../src/generated/requirement-id.ts"
import { closeCodeIn, closing, type Frame, type FrameLike, opcodes } from "../../src/wire/frames.ts"
import { type WebTap, webTap } from "../frames.ts"
import type { Mutant } from "../mutant.ts"

const webBreaks = (requirement: RequirementId, name: string, does: string, tap: WebTap): Mutant => ({
  who: "server",
  breaks: requirement,
  name,
  does,
  tap: webTap(tap),
  host: "web"
})

const offeredIn = (head: string): string | undefined => /^Sec-WebSocket-Protocol: *(.*)\r$/imu.exec(head)?.[1]

const saidIn = ({ payload }: Frame): string => Buffer.from(payload).toString()

/** Changes the messages of a room on their way out: a server that does it to everything is never got to know. */
const messagesAs =
  (change: (frame: Frame) => FrameLike): NonNullable<WebTap["fromServer"]> =>
  (frame) =>
    saidIn(frame).startsWith('{"type":"message"') ? [change(frame)] : undefined

const isData = ({ opcode }: Frame): boolean => opcode === opcodes.text || opcode === opcodes.continuation

/** What a server that looks at nothing makes of a frame that RFC 6455 forbids; `undefined` when it may come. */
const mended = (frame: Frame, amid: boolean): ReadonlyArray<FrameLike> | undefined => {
  const { fin, masked, opcode, payload, reserved } = frame
  if (!masked || reserved !== 0) return [{ ...frame, masked: true, reserved: 0 }]
  if (opcode === 0x3) return [{ ...frame, opcode: opcodes.text }]
  if (opcode > opcodes.pong) return []
  if (opcode >= opcodes.close && (!fin || payload.length > 125)) return [{ opcode, payload: payload.subarray(0, 125) }]
  if (opcode === opcodes.continuation && !amid) return [{ ...frame, opcode: opcodes.text }]
  if (opcode === opcodes.text && amid) return [{ ...frame, opcode: opcodes.continuation }]
  return undefined
}

const closingWith =
  (change: (code: number) => Uint8Array | undefined): NonNullable<WebTap["fromServer"]> =>
  ({ opcode, payload }) => {
    if (opcode !== opcodes.close) return undefined
    const changed = change(closeCodeIn(payload))
    return changed === undefined ? undefined : [{ opcode, masked: false, payload: changed }]
  }

export const websocket: ReadonlyArray<Mutant> = [
  webBreaks("WS-1", "first-subprotocol", "chooses the first subprotocol that is offered", {
    answering: (head, asked) => {
      const [first = ""] = (offeredIn(asked) ?? "").split(",")
      return first === "tertulia.v1" ? undefined : head.replace("tertulia.v1", first)
    }
  }),
  webBreaks("WS-2", "any-subprotocol", "lets in whoever doesn't offer the subprotocol", {
    asking: (head) => {
      const offered = offeredIn(head)
      if (offered?.includes("tertulia.v1")) return undefined
      const own = "Sec-WebSocket-Protocol: tertulia.v1\r\n"
      return offered === undefined
        ? head.replace(/\r\n\r\n$/u, `\r\n${own}\r\n`)
        : head.replace(/^Sec-WebSocket-Protocol:.*\r\n/imu, own)
    }
  }),
  webBreaks("WS-3", "every-origin", "lets every page in", {
    asking: (head) => (/^Origin:/imu.test(head) ? head.replace(/^Origin:.*\r\n/imu, "") : undefined)
  }),
  webBreaks("WS-3", "origin-that-begins-well", "expects every origin that begins like its own", {
    asking: (head) => (/^Origin: http:\/\/localhost/imu.test(head) ? head.replace(/^Origin:.*\r\n/imu, "") : undefined)
  }),
  webBreaks("WS-4", "agrees-to-compress", "agrees to compress", {
    answering: (head, asked) =>
      /^Sec-WebSocket-Extensions:/imu.test(asked)
        ? head.replace(/\r\n\r\n$/u, "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
        : undefined
  }),
  webBreaks("WS-5", "message-with-lf", "ends a `message` by LF, as over TCP", {
    fromServer: messagesAs((frame) => ({ ...frame, payload: `${saidIn(frame)}\n` }))
  }),
  webBreaks("WS-5", "binary-message", "sends a `message` as binary", {
    fromServer: messagesAs((frame) => ({ ...frame, opcode: opcodes.binary }))
  }),
  webBreaks("WS-5", "masked-message", "masks a `message`", {
    fromServer: messagesAs((frame) => ({ ...frame, masked: true }))
  }),
  webBreaks("WS-6", "lf-ends-a-line", "cuts a message at its LFs", {
    fromClient: (frame) => {
      const said = saidIn(frame)
      if (frame.opcode !== opcodes.text || !frame.fin || !said.trim().includes("\n")) return undefined
      return said.split("\n").map((payload) => ({ opcode: opcodes.text, payload }))
    }
  }),
  webBreaks("WS-6", "blank-message", "answers a blank message by `bad-json`", {
    fromClient: (frame) =>
      frame.opcode === opcodes.text && frame.fin && saidIn(frame).trim() === ""
        ? [{ opcode: opcodes.text, payload: "blank" }]
        : undefined
  }),
  webBreaks("WS-7", "frame-is-a-message", "takes each frame for a message", {
    fromClient: (frame, amid) =>
      isData(frame) && (amid || !frame.fin) ? [{ ...frame, fin: true, opcode: opcodes.text }] : undefined
  }),
  webBreaks("WS-8", "pong-of-its-own", "answers every ping frame by an empty pong frame", {
    fromServer: ({ opcode, payload }) =>
      opcode === opcodes.pong && payload.length > 0 ? [{ opcode, masked: false }] : undefined
  }),
  webBreaks("WS-9", "too-long-is-no-reason", "closes with 1000 over a message that is too long", {
    fromServer: closingWith((code) => (code === 1009 ? closing(1000) : undefined))
  }),
  webBreaks("WS-9", "long-message-is-skipped", "skips a frame that is too long, and goes on", {
    fromClient: ({ payload }, _, wire) => (payload.length >= wire.limit("line") ? [] : undefined)
  }),
  webBreaks("WS-10", "binary-is-text", "reads binary messages", {
    fromClient: (frame) => (frame.opcode === opcodes.binary ? [{ ...frame, opcode: opcodes.text }] : undefined)
  }),
  webBreaks("WS-11", "replaces-bad-bytes", "replaces what is not UTF-8", {
    fromClient: (frame) => {
      const payload = Buffer.from(saidIn(frame))
      return isData(frame) && !payload.equals(frame.payload) ? [{ ...frame, payload }] : undefined
    }
  }),
  webBreaks("WS-12", "reads-every-frame", "makes the best of frames that are forbidden", { fromClient: mended }),
  webBreaks("WS-13", "always-1000", "closes with 1000, whatever its `bye` says", {
    fromServer: closingWith((code) => (code === 1000 ? undefined : closing(1000)))
  }),
  webBreaks("WS-13", "close-without-a-code", "sends a Close frame without a code", {
    fromServer: closingWith(() => new Uint8Array(0))
  }),
  webBreaks("WS-14", "close-unheard", "doesn't hear a client's Close frame", {
    fromClient: ({ opcode }) => (opcode === opcodes.close ? [] : undefined)
  })
]
