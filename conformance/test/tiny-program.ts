/**
 * The tiny server as a program, for tests of `--start`: `node tiny-program.ts PORT [DEFECT]`. With the port 0 it says where it listens.
 *
 * @module
 */
import { type Defect, startTinyServer } from "./tiny-server.ts"

const [port = "0", defect] = process.argv.slice(2)
const { port: chosen } = await startTinyServer(defect as Defect | undefined, Number(port))
if (port === "0") process.stdout.write(`tiny: listening on 127.0.0.1:${chosen}\n`)
