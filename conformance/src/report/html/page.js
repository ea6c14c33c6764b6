// Adds what a page without a script can do without: filters, and buttons that copy a command.

const words = {
  en: { copy: "Copy", copied: "Copied", shown: (some, all) => `${some} of ${all} shown` },
  es: { copy: "Copiar", copied: "Copiado", shown: (some, all) => `se muestran ${some} de ${all}` }
}[document.documentElement.lang]

for (const form of document.querySelectorAll("form[data-filter]")) {
  const groups = [...document.querySelectorAll(`[data-group="${form.dataset.filter}"]`)]
  const rows = groups.flatMap((group) => [...group.querySelectorAll("tr[data-state]")])
  const show = () => {
    const given = new FormData(form)
    const states = new Set(given.getAll("state"))
    const texts = String(given.get("text")).toLowerCase().split(/\s+/)
    const fits = (row) =>
      states.has(row.dataset.state) && texts.every((text) => row.textContent.toLowerCase().includes(text))
    for (const row of rows) row.hidden = !fits(row)
    for (const group of groups) group.hidden = group.querySelector("tr[data-state]:not([hidden])") === null
    form.querySelector("output").textContent = words.shown(rows.filter((row) => !row.hidden).length, rows.length)
  }
  form.addEventListener("input", show)
  form.addEventListener("submit", (event) => event.preventDefault())
  form.hidden = false
  show()
}

// A link to a row that the filter hides would lead nowhere.
addEventListener("hashchange", () => {
  const row = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (row === null || row.closest("[hidden]") === null) return
  row.hidden = false
  row.closest("[data-group]").hidden = false
  row.scrollIntoView()
})

for (const command of document.querySelectorAll(".command")) {
  if (navigator.clipboard === undefined) break
  const button = document.createElement("button")
  button.type = "button"
  button.textContent = words.copy
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(command.querySelector("code").textContent)
    button.textContent = words.copied
    setTimeout(() => {
      button.textContent = words.copy
    }, 2000)
  })
  command.append(button)
}
