/** Whether a text is XML as far as tags, attributes and entities go. */
export const isWellFormed = (xml: string): boolean => {
  const open: Array<string> = []
  const rest = xml
    .replace(/^<\?xml [^?]*\?>/u, "")
    .replace(
      /<(\/?)([a-z][a-z0-9]*)((?: [a-zA-Z0-9-]+="[^"<&]*(?:&[a-z0-9#]+;[^"<&]*)*")*)(\/?)>/gu,
      (_, end, name, __, empty) => {
        if (end === "/") return open.pop() === name ? "" : "<"
        if (empty !== "/") open.push(name)
        return ""
      }
    )
  return open.length === 0 && !/[<>]|&(?!(?:amp|lt|gt|quot|#[0-9]+);)/u.test(rest)
}
