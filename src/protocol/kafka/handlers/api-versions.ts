/** ApiVersions (key 18). KIP-35, KIP-511, KIP-584. */
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY, apiInfo } from '../codec/api-keys.ts';
import {
  type ApiVersionsRequest,
  type ApiVersionsResponse,
  defaultApiVersionsResponse,
  readApiVersionsRequest,
  writeApiVersionsResponse,
} from '../codec/generated/api-versions.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { featureFields } from './features.ts';

/** KIP-511: names that client software gives itself. */
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;
const SOFTWARE_NAME_VERSION = 3;

function versionsOf(keys: Iterable<number>): ApiVersionsResponse['apiKeys'] {
  const list = [...keys].map((key) => apiInfo(key)!);
  return list.map(({ key, minVersion, maxVersion }) => ({ apiKey: key, minVersion, maxVersion }));
}

function* advertised({ kafka }: RequestContext): Generator<number> {
  for (const { key, unadvertised } of kafka.apis.values()) if (unadvertised !== true) yield key;
}

/** The answer to a version that we don't know: version 0's form, listing only this key. */
export function unsupportedApiVersions(): ApiVersionsResponse {
  return {
    ...defaultApiVersionsResponse(),
    errorCode: KAFKA_ERRORS['unsupported-version'],
    apiKeys: versionsOf([API_KEY.ApiVersions]),
  };
}

function handle(
  context: RequestContext,
  request: ApiVersionsRequest,
  respond: (response: ApiVersionsResponse) => void,
): void {
  const named =
    SOFTWARE_NAME.test(request.clientSoftwareName) && SOFTWARE_NAME.test(request.clientSoftwareVersion);
  if (context.apiVersion >= SOFTWARE_NAME_VERSION && !named) {
    return respond({ ...defaultApiVersionsResponse(), errorCode: KAFKA_ERRORS['invalid-request'] });
  }
  if (named) {
    context.software.name = request.clientSoftwareName;
    context.software.version = request.clientSoftwareVersion;
  }
  respond({
    ...defaultApiVersionsResponse(),
    apiKeys: versionsOf(advertised(context)),
    ...featureFields(context),
  });
}

export const apiVersions = defineApi({
  key: API_KEY.ApiVersions,
  authorization: { open: 'clients ask for versions before they show who they are' },
  read: readApiVersionsRequest,
  write: writeApiVersionsResponse,
  handle,
});
