/** Certificates of a listener: read from files and settings, renewed when they change, kept when new ones are no good. */
import { describe, expect, it } from 'vitest';
import type { TlsSettings } from '../../src/metadata/listener-settings.ts';
import type { Files, Listener, TlsCredentials } from '../../src/platform/ports.ts';
import { readCredentials, TlsKeeper } from '../../src/server/tls-keeper.ts';
import { TestClock } from '../machine/support/test-clock.ts';
import { TestLogger } from '../store/support.ts';
import { certificate } from '../support/tls.ts';

const text = (name: Parameters<typeof certificate>[0]): string => certificate(name).toString();

const settings = (fields: Partial<TlsSettings> = {}): TlsSettings => ({
  keystoreType: 'PEM',
  keystoreLocation: '/broker.pem',
  keystorePassword: null,
  key: null,
  certificateChain: null,
  keyPassword: null,
  truststoreLocation: null,
  truststoreCertificates: null,
  clientAuth: 'none',
  protocols: ['TLSv1.3'],
  cipherSuites: [],
  principalRules: 'DEFAULT',
  reloadMs: 1000,
  handshakesMax: 10,
  ...fields,
});

function filesOf(contents: Record<string, string>): Files {
  return {
    read(path) {
      const found = contents[path];
      if (found === undefined) throw new Error(`there is no file ${path}`);
      return Buffer.from(found);
    },
  };
}

describe('credentials', () => {
  it('come from one file in PEM', () => {
    const { identity, trusted } = readCredentials(settings(), filesOf({ '/broker.pem': text('broker.pem') }));
    expect(identity).toMatchObject({
      kind: 'pem',
      key: expect.stringMatching(/^-----BEGIN PRIVATE KEY-----\n[\s\S]+\n-----END PRIVATE KEY-----$/),
      certificates: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----$/),
    });
    expect(trusted).toBeNull();
  });

  it('come from settings that have lost their line breaks', () => {
    const oneLine = text('broker.pem').replaceAll('\n', ' ');
    const given = settings({ keystoreLocation: null, key: oneLine, certificateChain: oneLine });
    expect(readCredentials(given, filesOf({}))).toEqual(
      readCredentials(settings(), filesOf({ '/broker.pem': text('broker.pem') })),
    );
  });

  it('have the authorities of clients only where clients are asked for certificates', () => {
    const files = filesOf({ '/broker.pem': text('broker.pem'), '/ca.pem': text('ca.pem') });
    const asked = settings({ clientAuth: 'requested', truststoreLocation: '/ca.pem' });
    expect(readCredentials(asked, files).trusted).toMatch(/^-----BEGIN CERTIFICATE-----/);
    const inline = settings({ clientAuth: 'required', truststoreCertificates: text('ca.pem') });
    expect(readCredentials(inline, files).trusted).toBe(readCredentials(asked, files).trusted);
  });

  it.each([
    [{}, {}, 'there is no file /broker.pem'],
    [{}, { '/broker.pem': text('ca.pem') }, '/broker.pem has no private key in PEM'],
    [{}, { '/broker.pem': 'nothing' }, '/broker.pem has no certificate in PEM'],
    [
      { clientAuth: 'required', truststoreLocation: '/ca.pem' },
      { '/broker.pem': text('broker.pem'), '/ca.pem': '' },
      '/ca.pem has no certificate in PEM',
    ],
  ] as const)('must be there: %j', (fields, contents, message) => {
    expect(() => readCredentials(settings(fields), filesOf(contents))).toThrow(message);
  });
});

describe('a keeper', () => {
  function keep() {
    const contents: Record<string, string> = { '/broker.pem': text('broker.pem') };
    const clock = new TestClock();
    const logger = new TestLogger();
    const shown: TlsCredentials[] = [];
    let refusal: Error | null = null;
    const listener = {
      renewTls(credentials: TlsCredentials) {
        if (refusal !== null) throw refusal;
        shown.push(credentials);
      },
    } as Listener;
    let current = settings();
    const keeper = new TlsKeeper({
      listenerName: 'SSL',
      platform: { files: filesOf(contents), clock, logger },
      settings: () => current,
    });
    keeper.keep(listener);
    return {
      contents,
      clock,
      logger,
      shown,
      keeper,
      refuse: (error: Error | null) => (refusal = error),
      change: (fields: Partial<TlsSettings>) => (current = settings(fields)),
    };
  }

  it('renews what has changed, and nothing else', () => {
    const { contents, clock, shown, logger } = keep();
    clock.advance(5000);
    expect(shown).toEqual([]);
    contents['/broker.pem'] = text('renewed.pem');
    clock.advance(1000);
    clock.advance(5000);
    expect(shown).toHaveLength(1);
    expect(logger.messages('info')).toEqual([expect.stringMatching(/new certificates are in use/)]);
  });

  it('goes on with the old ones, says so once, and takes the next good ones', () => {
    const { contents, clock, shown, logger, refuse } = keep();
    delete contents['/broker.pem'];
    clock.advance(3000);
    expect(logger.messages('error')).toEqual([
      "listener SSL: its new certificates can't be used (there is no file /broker.pem); it goes on with those it has",
    ]);
    contents['/broker.pem'] = text('stranger.pem');
    refuse(new Error('key values mismatch'));
    clock.advance(3000);
    expect(logger.lines).toHaveLength(2);
    refuse(null);
    contents['/broker.pem'] = text('renewed.pem');
    clock.advance(1000);
    expect(shown).toHaveLength(1);
    expect(logger.lines).toHaveLength(3);
  });

  it('follows a setting, and stops when it is told to', () => {
    const { contents, clock, shown, keeper, change } = keep();
    contents['/other.pem'] = text('renewed.pem');
    change({ keystoreLocation: '/other.pem' });
    keeper.look();
    expect(shown).toHaveLength(1);
    keeper.stop();
    contents['/other.pem'] = text('broker.pem');
    clock.advance(10_000);
    keeper.look();
    expect(shown).toHaveLength(1);
  });
});
