import { describe, expect, it } from "vitest"
import { type Crash, crashed, crashOf } from "../src/run/crash.ts"
import { explained, toRunAlone } from "../src/run/suspects.ts"
import type { Outcome } from "../src/verdict.ts"
import { kept, report } from "./results.ts"

const addressSanitizer = `listening
=================================================================
==26313==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000014 at pc 0x7f970ae602ca bp 0x7ffd40f4e4e0 sp 0x7ffd40f4dc90
WRITE of size 12 at 0x602000000014 thread T0
    #0 0x7f970ae602c9 in __interceptor_strcpy ../../../../src/libsanitizer/asan/asan_interceptors.cpp:425
    #1 0x557b73ab829c in read_line /home/eva/chat/server.c:4
    #2 0x557b73ab829c in main /home/eva/chat/server.c:9
    #3 0x7f970a445249 in __libc_start_call_main ../sysdeps/nptl/libc_start_call_main.h:58

0x602000000014 is located 0 bytes to the right of 4-byte region [0x602000000010,0x602000000014)
SUMMARY: AddressSanitizer: heap-buffer-overflow ../../../../src/libsanitizer/asan/asan_interceptors.cpp:425 in __interceptor_strcpy
==26313==ABORTING
`

describe("The report of a sanitizer", () => {
  it("is read from gcc's AddressSanitizer, with the first frame of the program's own code", () => {
    expect(crashOf(1, addressSanitizer).report).toEqual({
      line: "AddressSanitizer: heap-buffer-overflow on address 0x602000000014",
      frame: "read_line server.c:4"
    })
  })

  it("is read from clang's, where frames have columns", () => {
    const output = `==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x60 at pc 0x1 bp 0x2 sp 0x3
    #0 0x4c3 in strlen (/home/eva/server+0x4c3) (BuildId: 1f)
    #1 0x4f1 in Room::tell(Member const&) /home/eva/room.cpp:12:5
`
    expect(crashOf("SIGABRT", output).report).toEqual({
      line: "AddressSanitizer: heap-use-after-free on address 0x60",
      frame: "Room::tell(Member const&) room.cpp:12:5"
    })
  })

  it("names the program where it was compiled without -g", () => {
    const output = `==7==ERROR: AddressSanitizer: SEGV on unknown address 0x000000000000 (pc 0x55 bp 0x7f sp 0x7f T0)
    #0 0x7f8602c9 in memcpy ../sysdeps/x86_64/memcpy.S:1
    #1 0x5652 in main (/home/eva/server+0x1202)
`
    expect(crashOf(1, output).report).toEqual({
      line: "AddressSanitizer: SEGV on unknown address 0x000000000000",
      frame: "main server+0x1202"
    })
  })

  it("is read from UndefinedBehaviorSanitizer, whose line says where", () => {
    const output = "/home/eva/server.c:5:29: runtime error: shift exponent 40 is too large for 32-bit type 'int'\n"
    expect(crashOf(1, output).report).toEqual({
      line: "UndefinedBehaviorSanitizer: shift exponent 40 is too large for 32-bit type 'int'",
      frame: "server.c:5:29"
    })
  })

  it("is read from ThreadSanitizer", () => {
    const output = `==================
WARNING: ThreadSanitizer: data race (pid=26373)
  Read of size 4 at 0x555555558054 by thread T2:
    #0 bump /home/eva/t.c:2 (t+0x11c7)
`
    expect(crashOf(66, output).report).toEqual({ line: "ThreadSanitizer: data race", frame: "bump t.c:2" })
  })

  it("is missed where a program has died of its memory without one, and nowhere else", () => {
    expect(crashOf("SIGSEGV", "").remarks).toEqual([expect.stringContaining("-fsanitize=address,undefined")])
    expect(crashOf("SIGKILL", "").remarks).toEqual([])
    expect(crashOf(1, "Traceback (most recent call last):").remarks).toEqual([])
    expect(crashOf("SIGABRT", addressSanitizer).remarks).toEqual([])
  })
})

describe("What a test comes to when the target has died", () => {
  it("says how and where, and what each connection sent last, the latest first", () => {
    const sent = (at: number, text: string) => ({ at, what: "sent" as const, text, bytes: 1 })
    const transcripts = [
      { who: "ana", localPort: 1, leftOut: 0, moments: [sent(1, "one"), sent(2, "two")] },
      { who: "eva", localPort: 2, leftOut: 0, moments: [] },
      { who: "leo", localPort: 3, leftOut: 0, moments: [sent(3, "three")] }
    ]
    const outcome = crashed(kept, transcripts, crashOf(1, addressSanitizer))
    expect(outcome.verdict).toBe("failed")
    expect(outcome.finding).toEqual({
      requirement: "END-10",
      sent: "leo: three\nana: two",
      expected: "the server goes on, whatever comes",
      got: "it died: exit code 1; AddressSanitizer: heap-buffer-overflow on address 0x602000000014, in read_line server.c:4"
    })
    expect(outcome.judged).toEqual({ ...kept.judged, "END-10": { kept: 0, broken: 1 } })
  })
})

describe("Of several tests that ran when the target died", () => {
  const crash = (nth: number): Crash => ({ nth, how: "SIGSEGV", output: "", remarks: [] })
  const died = (nth: number): Outcome => ({ ...kept, verdict: "failed", crash: crash(nth) })
  const verdictsOf = (...args: Parameters<typeof explained>) =>
    explained(...args).map(({ outcome, title }) => `${title}: ${outcome?.verdict} ${outcome?.crash?.nth ?? "-"}`)

  it("the one that does it alone has failed, and the others come to what they come to alone", () => {
    const together = [report("a", died(1)), report("b", died(1)), report("c", kept), report("d", kept)]
    const alone = [report("a", { ...kept, verdict: "warned" }), report("b", died(2)), report("c", died(3))]
    const deaths = [{ nth: 1, suspects: ["a", "b", "c"] }]
    expect(toRunAlone(deaths)).toEqual(["a", "b", "c"])
    expect(verdictsOf(together, alone, deaths)).toEqual(["a: warned -", "b: failed 2", "c: failed 3", "d: passed -"])
  })

  it("all have failed when none does it alone, and it is said so", () => {
    const together = [report("a", died(1)), report("b", died(1)), report("c", kept)]
    const alone = [report("a", kept), report("b", kept), report("c", kept)]
    const deaths = [{ nth: 1, suspects: ["a", "b", "c"] }]
    expect(verdictsOf(together, alone, deaths)).toEqual(["a: failed 1", "b: failed 1", "c: passed -"])
    const [first] = explained(together, alone, deaths)
    expect(first?.outcome?.crash?.remarks).toEqual([expect.stringContaining("2 other tests were running")])
  })

  it("one that ran alone needs no second run", () => {
    expect(toRunAlone([{ nth: 1, suspects: ["a"] }])).toEqual([])
  })
})
