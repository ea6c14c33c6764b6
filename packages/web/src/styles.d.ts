/** Style sheets, which Vite takes out of the modules that name them. */
declare module "*.css"
