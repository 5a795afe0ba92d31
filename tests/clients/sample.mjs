// Runs a sample as a page's bundler would: JSX is compiled, packages and the other samples are found.
//
//   node sample.mjs FOLDER-OF-THE-SAMPLES FILE

import { build } from "esbuild";
import { pathToFileURL } from "node:url";

const [folder, file] = process.argv.slice(2);
const outfile = `${folder}/built-${file}.mjs`;
await build({
  entryPoints: [`${folder}/${file}`],
  inject: [`${import.meta.dirname}/stand_ins.mjs`],
  nodePaths: [`${import.meta.dirname}/node_modules`],
  define: { "process.env.NODE_ENV": '"production"' },
  bundle: true,
  format: "esm",
  jsx: "automatic",
  platform: "node",
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  outfile,
  logLevel: "error",
});
await import(pathToFileURL(outfile));
