/** The sentences of the spec by their IDs, as `spec-plugin.ts` reads them. */
declare module "virtual:sentences" {
  const sentences: Readonly<
    Record<string, { readonly chapter: string; readonly en: string; readonly es: string; readonly hasSpanish: boolean }>
  >
  export default sentences
}
