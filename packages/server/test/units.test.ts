/** The units of deploy/, as systemd reads them: that they are well-formed, and how much they keep from the server. */
import { spawnSync } from "node:child_process"
import { copyFileSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { openTemporary } from "./support/logs.ts"

const has = spawnSync("systemd-analyze", ["--version"], { stdio: "ignore" }).status === 0
if (!has) console.warn("Skipped: the tests of the units for systemd, because systemd-analyze is not installed.")

const deploy = fileURLToPath(new URL("../../../deploy/", import.meta.url))
const services = ["tertulia.service", "tertulia-backup.service"]

const analyze = (...args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync("systemd-analyze", args, { encoding: "utf8" })
  return { status, said: stdout + stderr }
}

/** The units in a folder of their own, with a Node that is on this machine. */
const openUnits = async () => {
  const folder = await openTemporary()
  for (const name of services) {
    const unit = readFileSync(join(deploy, name), "utf8")
    writeFileSync(join(folder.path, name), unit.replaceAll("/usr/bin/node", process.execPath))
  }
  copyFileSync(join(deploy, "tertulia-backup.timer"), join(folder.path, "tertulia-backup.timer"))
  return folder
}

describe.skipIf(!has)("the units for systemd", () => {
  test("are well-formed: each setting is one, and each command is there", async () => {
    await using folder = await openUnits()
    const units = [...services, "tertulia-backup.timer"].map((name) => join(folder.path, name))
    expect(analyze("verify", "--man=no", ...units)).toEqual({ status: 0, said: "" })
    const broken = readFileSync(units[0]!, "utf8").replace("ProtectHome=yes", "ProtectHomes=yes")
    writeFileSync(units[0]!, broken)
    expect(analyze("verify", "--man=no", units[0]!).said).toContain("ProtectHomes")
  })

  // From 0, which keeps all from a process, to 100, which keeps nothing.
  const most = 15
  test.each(services)("%s keeps nearly all from it", (name) => {
    const kept = analyze("security", "--offline=true", "--no-pager", `--threshold=${most}`, join(deploy, name))
    expect(kept.status, kept.said).toBe(0)
    expect(kept.said).toMatch(/Overall exposure level/u)
  })

  test("the look at what they keep can fail", async () => {
    await using folder = await openUnits()
    const unit = join(folder.path, "tertulia.service")
    writeFileSync(unit, readFileSync(unit, "utf8").replace(/^(?:Protect|Private|Restrict|SystemCall)\w+=.*$/gmu, ""))
    expect(analyze("security", "--offline=true", "--no-pager", `--threshold=${most}`, unit).status).not.toBe(0)
  })
})
