import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const QUALITY = 9; // 10 and 11 take many times as long for a few per cent

/** Writes each text and decoder of the build compressed beside it, as the server sends it to who takes it. */
function compressed(folder: string): Plugin {
  const squeeze = (file: string): void => {
    const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY };
    const content = readFileSync(file);
    writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
    writeFileSync(`${file}.gz`, gzipSync(content)); // over plain HTTP browsers take no other
  };
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      files.filter((file) => /\.(js|css|wasm|html|svg)$/.test(file)).forEach((file) => squeeze(join(folder, file)));
    },
  };
}

/** Lets the browser fetch the page's code at once, beside the little that asks for the case. */
function fetchedAtOnce(): Plugin {
  return {
    name: 'fetched-at-once',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle = {} }) =>
        Object.values(bundle).flatMap((chunk) => {
          if (chunk.type !== 'chunk' || chunk.name !== 'page') return [];
          const css = [...(chunk.viteMetadata?.importedCss ?? [])];
          return [
            { tag: 'link', injectTo: 'head', attrs: { rel: 'modulepreload', crossorigin: true, href: `/${chunk.fileName}` } },
            ...css.map((file) => ({ tag: 'link', injectTo: 'head' as const, attrs: { rel: 'stylesheet', crossorigin: true, href: `/${file}` } })),
          ];
        }),
    },
  };
}

export default defineConfig({
  plugins: [svelte(), fetchedAtOnce(), compressed(local('../static/app'))],
  resolve: {
    alias: {
      fs: local('./src/stubs/node.ts'), // the codecs ask for these under node only
      path: local('./src/stubs/node.ts'),
    },
  },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: local('../static/app'),
    emptyOutDir: true,
    assetsInlineLimit: 0, // no data: addresses, so that a strict content security policy holds
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8042' } },
  test: { include: ['src/**/*.test.ts'] },
});
