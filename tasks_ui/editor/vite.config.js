// Builds what the browser gets from npm. Every file directly under src/ is an entry of its own; its built name is found through
// dist/.vite/manifest.json (tasks_ui/assets.py). Pages outside the editors need only `base.css`, `htmx.js` and the icons.
import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vite";
import literals from "./literals.js";

const entries = Object.fromEntries(
  readdirSync("src", { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(js|ts|tsx|css)$/.test(entry.name))
    .map((entry) => [entry.name.replace(/\.\w+$/, ""), `src/${entry.name}`]),
);

// One JSON file with the drawings of the icons named in icons.json: the server writes them into the page, so that they need no
// request, print well and take the colour of the text.
function icons() {
  return {
    name: "icons",
    generateBundle() {
      const names = JSON.parse(readFileSync("icons.json", "utf8"));
      const drawings = names.map((name) => {
        const svg = readFileSync(`node_modules/bootstrap-icons/icons/${name}.svg`, "utf8");
        return [name, svg.replace(/^[^>]*>\s*|\s*<\/svg>\s*$/g, "").replace(/\n\s*/g, "")];
      });
      this.emitFile({ type: "asset", fileName: "icons.json", source: JSON.stringify(Object.fromEntries(drawings)) });
    },
  };
}

// The font of PDF sheets, with its licence (SIL OFL 1.1). Browsers never ask for it: they have fonts of their own.
function fonts() {
  return {
    name: "fonts",
    generateBundle() {
      const folder = "node_modules/@expo-google-fonts/noto-sans-sc";
      const files = { "NotoSansSC.ttf": "400Regular/NotoSansSC_400Regular.ttf", "OFL.txt": "LICENSE_FONT" };
      for (const [name, path] of Object.entries(files)) {
        this.emitFile({ type: "asset", fileName: `fonts/${name}`, source: readFileSync(`${folder}/${path}`) });
      }
    },
  };
}

export default defineConfig({
  base: "/static/dist/",
  plugins: [icons(), fonts(), literals()],
  build: {
    target: "es2022",
    manifest: true,
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 3000,
    outDir: "../static/dist",
    emptyOutDir: true,
    // htmx carries an eval that its configuration (allowEval: false) and our CSP both keep from running.
    rolldownOptions: { input: entries, checks: { eval: false } },
  },
});
