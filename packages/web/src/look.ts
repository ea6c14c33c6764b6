/**
 * How things are written: times, dates, colours of nicks.
 *
 * @module
 */
const formats = new Map<string, Intl.DateTimeFormat>()

const format = (language: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
  const key = `${language} ${name}`
  const known = formats.get(key) ?? new Intl.DateTimeFormat(language, options)
  formats.set(key, known)
  return known
}

/** The time of day in the zone of the reader. */
export const timeOf = (language: string, at: string): string =>
  format(language, "time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at))

export const dayOf = (language: string, date: Date): string =>
  format(language, "day", { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(date)

export const momentOf = (language: string, at: string): string =>
  format(language, "moment", { dateStyle: "medium", timeStyle: "medium" }).format(new Date(at))

const days = new Map<string, string>()

/** The same text for times of the same day. */
export const dayKey = (at: string): string => {
  // No zone is shifted by less than ten minutes.
  const minutes = at.slice(0, 15)
  const known = days.get(minutes)
  if (known !== undefined) return known
  const date = new Date(at)
  const key = `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`
  if (days.size > 5_000) days.clear()
  days.set(minutes, key)
  return key
}

/** One of twelve colours, the same for a nick wherever it stands. */
export const hueOf = (nick: string): string => {
  let hash = 5381
  for (const character of nick) hash = (Math.imul(hash, 33) ^ character.codePointAt(0)!) >>> 0
  return `hue-${hash % 12}`
}
