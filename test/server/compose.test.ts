import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import type { HostPort } from '../../src/base/host-port.ts';
import { createMemoryDisk } from '../../src/platform/memory-disk.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import { composeBroker, type RunningBroker } from '../../src/server/compose.ts';
import { loadBrokerConfig } from '../../src/server/config.ts';
import { nodePlatform } from '../../src/server/node-platform.ts';
import { TestLogger } from '../store/support.ts';
import { API_VERSIONS, INCREMENTAL_ALTER_CONFIGS, METADATA } from '../support/kafka-apis.ts';
import { TestClient } from '../support/kafka-client.ts';
import { certificatePath, connectTls } from '../support/tls.ts';

const logger = new TestLogger();

function compose(values: Readonly<Record<string, string>>): Promise<RunningBroker> {
  const flags = Object.entries({ 'log.dirs': '/data', ...values }).map(([name, value]) => ({
    name,
    value,
    flag: '--set',
  }));
  const config = loadBrokerConfig({ flags });
  if (config instanceof BrokerError) throw config;
  const { settings, staticValues } = config;
  const platform = nodePlatform(logger, createMemoryDisk({ clock: nodeClock }));
  const onFatal = (error: BrokerError): never => {
    throw error;
  };
  return composeBroker({ platform, settings, staticValues, onFatal });
}

const addressOf = async (port: number): Promise<string> => {
  await using client = await TestClient.connect(`127.0.0.1:${port}`);
  const { brokers } = await client.call(METADATA, { topics: [] });
  return `${brokers[0]!.host}:${brokers[0]!.port}`;
};

describe('composeBroker', () => {
  it('listens on several addresses, and tells each what to connect to', async () => {
    const running = await compose({ listeners: 'kafka://127.0.0.1:0,kafka://localhost:0' });
    const [first, second] = running.kafka;
    expect(first!.port).not.toBe(second!.port);
    expect(await addressOf(first!.port)).toBe(`127.0.0.1:${first!.port}`);
    expect(running.kafka.map(({ host }) => host)).toEqual(['127.0.0.1', 'localhost']);
    await running.close();
  });

  it('advertises what the settings say; port 0 stands for the port in use', async () => {
    const listeners = 'kafka://127.0.0.1:0';
    const named = await compose({ listeners, 'advertised.listeners': 'kafka://broker.example:0' });
    const { port } = named.kafka[0]!;
    expect(await addressOf(port)).toBe(`broker.example:${port}`);
    await named.close();
    const fixed = await compose({ listeners, 'advertised.listeners': 'kafka://broker.example:19092' });
    expect(await addressOf(fixed.kafka[0]!.port)).toBe('broker.example:19092');
    await fixed.close();
  });

  it('counts connections, and takes another bound of them while it runs', async () => {
    const running = await compose({ listeners: 'kafka://127.0.0.1:0' });
    const bootstrap = `127.0.0.1:${running.kafka[0]!.port}`;
    await using first = await TestClient.connect(bootstrap);
    await using second = await TestClient.connect(bootstrap);
    await second.call(API_VERSIONS, {}, 0);
    expect(running.connectionCount).toBe(2);
    const altered = await first.call(INCREMENTAL_ALTER_CONFIGS, {
      resources: [
        {
          resourceType: 4,
          resourceName: '',
          configs: [{ name: 'max.connections', configOperation: 0, value: '2' }],
        },
      ],
    });
    expect(altered.responses[0]!.errorCode).toBe(0);
    const third = await TestClient.connect(bootstrap);
    await third.closed;
    await running.close();
    await Promise.all([first.closed, second.closed]);
    expect(running.connectionCount).toBe(0);
  });

  it('closes what it opened when a listener cannot be had, and says which', async () => {
    const first = await compose({ listeners: 'kafka://127.0.0.1:0' });
    const taken = `kafka://127.0.0.1:${first.kafka[0]!.port}`;
    const outcome = await compose({ listeners: `kafka://127.0.0.1:0,${taken}` }).catch(
      (error: unknown) => error,
    );
    expect(outcome).toBeInstanceOf(BrokerError);
    expect((outcome as BrokerError).message).toContain(taken);
    await first.close();
  });

  it('warns of access rules that nothing decides by', async () => {
    const listeners = 'kafka://127.0.0.1:0';
    const authorizer = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer';
    const warnings = () => logger.messages('warn').filter((text) => /authorizer/.test(text));
    const governed = { listeners, 'super.users': 'User:admin', 'authorizer.class.name': authorizer };
    await (await compose(governed)).close();
    await (await compose({ listeners })).close();
    expect(warnings()).toEqual([]);
    await (await compose({ listeners, 'super.users': 'User:admin' })).close();
    expect(warnings()).toEqual([
      'super.users without effect: set authorizer.class.name, or everybody may do everything',
    ]);
  });

  it('can be closed twice', async () => {
    const running = await compose({ listeners: 'kafka://127.0.0.1:0' });
    await Promise.all([running.close(), running.close()]);
  });

  it("shows a new certificate on all of RocketMQ's listeners", async () => {
    const directory = mkdtempSync(join(tmpdir(), 'compose-test-'));
    const keystore = join(directory, 'broker.pem');
    copyFileSync(certificatePath('broker.pem'), keystore);
    const running = await compose({
      listeners: 'kafka://127.0.0.1:0',
      'polylog.rocketmq.listeners': '127.0.0.1:0,localhost:0',
      'listener.name.rocketmq.ssl.keystore.location': keystore,
      'polylog.tls.reload.ms': '20',
    });
    const nameShown = async ({ host, port }: HostPort): Promise<unknown> => {
      const socket = await connectTls(port, { host });
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      return CN;
    };
    expect(running.rocketmq).toHaveLength(2);
    copyFileSync(certificatePath('renewed.pem'), keystore);
    for (const bound of running.rocketmq) while ((await nameShown(bound)) !== 'renewed');
    await running.close();
    rmSync(directory, { recursive: true });
  });
});
