import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [svelte()],
  resolve: {
    // vtk.js only uses it to write XML; its dependency on node's "events" breaks in a browser.
    alias: {
      xmlbuilder2: local('./src/stubs/xmlbuilder2.ts'),
      fs: local('./src/stubs/node.ts'), // the codecs ask for these under node only
      path: local('./src/stubs/node.ts'),
    },
  },
  optimizeDeps: { exclude: ['@cornerstonejs/dicom-image-loader'], include: ['dicom-parser'] },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: local('../static/app'),
    emptyOutDir: true,
    assetsInlineLimit: 0, // no data: addresses, so that a strict content security policy holds
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 5000,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8042' } },
  test: { include: ['src/**/*.test.ts'] },
});
