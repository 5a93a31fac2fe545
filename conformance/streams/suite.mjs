// Kafka Streams: a stateful word count with exactly_once_v2 is killed ten times, or STREAMS_KILLS, while it counts. Every
// count of a word is written, so each word's counts must be 1, 2, 3, … without a gap or a repetition, up to the number of
// words that were fed. Both group protocols; PROTOCOLS="classic" runs one.
import { join } from 'node:path';
import { check, PATIENCE_MS, summary, test, Watch, within } from '../lib/harness.mjs';
import { java } from '../lib/java.mjs';
import { brokerCtl } from '../lib/suite.mjs';

const HEAP_MB = 192;
const KILLS = Number(process.env.STREAMS_KILLS ?? 10);
/** What is counted after each start, before the process is killed. */
const BETWEEN = 100;
const PROTOCOLS = (process.env.PROTOCOLS ?? 'classic streams').split(' ');

/** Follows the counts; `wrong` says the first that is not its word's next. */
class Counts {
  watch = new Watch();
  total = 0;
  ready = false;
  fed;
  wrong;
  #last = new Map();

  line(text) {
    const [word, number] = text.split(' ');
    if (word === 'ready') this.ready = true;
    else if (word === 'fed') this.fed = Number(number);
    else if (word === 'failed') this.watch.fail(new Error(`a word was not stored: ${text}`));
    else {
      const wanted = (this.#last.get(word) ?? 0) + 1;
      if (Number(number) !== wanted) this.wrong ??= `${word} is counted ${number} where ${wanted} was next`;
      this.#last.set(word, Number(number));
      this.total += 1;
    }
    this.watch.changed();
  }

  more(count, what) {
    const target = this.total + count;
    return this.watch.until(
      () => this.total >= target || this.wrong !== undefined,
      PATIENCE_MS,
      () => `${count} more counts ${what}; ${target - this.total} are missing`,
    );
  }
}

async function countWords(protocol) {
  const counts = new Counts();
  const observer = java({
    name: `observer-${protocol}`,
    heapMb: HEAP_MB,
    args: ['Observer', protocol],
    onLine: (line) => counts.line(line),
  });
  const name = `word-count-${protocol}`;
  const states = [];
  const start = () =>
    java({
      name,
      heapMb: HEAP_MB,
      args: ['WordCount', name, protocol, join(process.env.RUN, `state-${protocol}`)],
      onLine(line) {
        states.push(line);
        if (line === 'state ERROR') counts.watch.fail(new Error(`${name} is in state ERROR`));
      },
    });
  await test(`streams ${protocol}: topics are created`, () =>
    counts.watch.until(() => counts.ready, PATIENCE_MS, 'the topics'));
  let app = start();
  try {
    await test(
      `streams ${protocol}: counting goes on through ${KILLS} SIGKILL`,
      async () => {
        for (let kill = 1; kill <= KILLS; kill += 1) {
          await counts.more(BETWEEN, `before kill ${kill}`);
          app.child.kill('SIGKILL');
          await app.ended;
          if (kill === Math.ceil(KILLS / 2)) await brokerCtl('restart');
          app = start();
        }
        await counts.more(BETWEEN, 'after the last kill');
      },
      { timeoutMs: (KILLS + 2) * PATIENCE_MS },
    );
    await test(`streams ${protocol}: every word is counted exactly once`, async () => {
      observer.child.stdin.write('stop\n');
      await counts.watch.until(
        () => counts.wrong !== undefined || counts.total === counts.fed,
        PATIENCE_MS,
        () => `all ${counts.fed} words; ${counts.total} are counted`,
      );
      check(counts.wrong === undefined, counts.wrong);
      console.log(`# ${counts.total} words counted`);
    });
    await test(`streams ${protocol}: the application closes`, async () => {
      app.child.stdin.end();
      const how = await within(PATIENCE_MS, 'the application to end', app.ended);
      check(how === 0, `it ended with ${how}; states: ${states.slice(-4)}`);
    });
  } finally {
    app.child.kill('SIGKILL');
    observer.child.kill('SIGKILL');
    await Promise.all([app.ended, observer.ended]);
  }
}

for (const protocol of PROTOCOLS) await countWords(protocol);
process.exit(summary());
