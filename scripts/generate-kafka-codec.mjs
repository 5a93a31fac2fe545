/**
 * Generates src/protocol/kafka/codec/generated from src/protocol/kafka/schema.
 *
 *   node scripts/generate-kafka-codec.mjs            writes the files
 *   node scripts/generate-kafka-codec.mjs --check    exits 1 where what is checked in differs
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emitApiTable, emitFile } from './kafka-codec/emit.mjs';
import { parseSchema } from './kafka-codec/parse-schema.mjs';

const root = join(fileURLToPath(import.meta.url), '..', '..', 'src', 'protocol', 'kafka');
const schemaDir = join(root, 'schema');
const outDir = join(root, 'codec', 'generated');

/** name → text of every generated file. */
function generate() {
  const files = new Map();
  const requests = [];
  for (const file of readdirSync(schemaDir)
    .filter((f) => f.endsWith('.schema'))
    .sort()) {
    const messages = parseSchema(readFileSync(join(schemaDir, file), 'utf8'), file);
    requests.push(...messages.filter((m) => m.kind === 'request'));
    files.set(file.replace(/\.schema$/, '.ts'), emitFile(messages, file));
  }
  const keys = requests.map((m) => m.apiKey);
  if (new Set(keys).size !== keys.length) throw new Error('an API key is used twice');
  files.set('api-table.ts', emitApiTable(requests));
  return files;
}

const files = generate();
mkdirSync(outDir, { recursive: true });
const present = readdirSync(outDir);
if (process.argv.includes('--check')) {
  const wrong = present.filter((name) => !files.has(name));
  for (const [name, text] of files) {
    if (!present.includes(name) || readFileSync(join(outDir, name), 'utf8') !== text) wrong.push(name);
  }
  if (wrong.length > 0) {
    console.error(
      `The generated Kafka codec differs from the schema: ${wrong.join(', ')}. Run npm run codec.`,
    );
    process.exit(1);
  }
  console.log(`The generated Kafka codec is up to date: ${files.size} files.`);
} else {
  for (const name of present) if (!files.has(name)) rmSync(join(outDir, name));
  for (const [name, text] of files) writeFileSync(join(outDir, name), text);
  console.log(`Wrote ${files.size} files to src/protocol/kafka/codec/generated.`);
}
