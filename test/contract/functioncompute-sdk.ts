import { createRequire } from 'node:module';
import type { Credentials } from '../../infra/local/kernel/account.ts';

export interface SdkReply<Data> {
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Data;
}

type Json = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<string, string>>;
type Reply = Promise<SdkReply<Json>>;

/** The part of the vendor's SDK that the tests use; the package itself brings no types. */
export interface Sdk {
  createService(service: string, options?: object): Reply;
  getService(service: string, headers?: Headers, qualifier?: string): Reply;
  updateService(service: string, options: object, headers?: Headers): Reply;
  deleteService(service: string, options?: object, headers?: Headers): Promise<unknown>;
  deleteCustomDomain(domain: string, options?: object, headers?: Headers): Promise<unknown>;
  listServices(options?: object): Reply;
  createFunction(service: string, options: object): Reply;
  getFunction(service: string, name: string): Reply;
  getFunctionCode(service: string, name: string, headers?: Headers): Reply;
  updateFunction(service: string, name: string, options: object, headers?: Headers): Reply;
  deleteFunction(service: string, name: string, options?: object, headers?: Headers): Promise<unknown>;
  listFunctions(service: string, options?: object): Reply;
  invokeFunction(
    service: string,
    name: string,
    event: string | Buffer | null,
    headers?: Headers,
    qualifier?: string,
    options?: { rawBuf?: boolean },
  ): Promise<SdkReply<unknown>>;
  createTrigger(service: string, name: string, options: object): Reply;
  getTrigger(service: string, name: string, trigger: string): Reply;
  updateTrigger(service: string, name: string, trigger: string, options: object): Reply;
  deleteTrigger(service: string, name: string, trigger: string): Promise<unknown>;
  listTriggers(service: string, name: string): Reply;
  putFunctionAsyncConfig(service: string, name: string, qualifier: string, options: object): Reply;
  getFunctionAsyncConfig(service: string, name: string, qualifier?: string): Reply;
  deleteFunctionAsyncConfig(service: string, name: string, qualifier?: string): Promise<unknown>;
  listFunctionAsyncConfigs(service: string, name: string): Reply;
  putOnDemandConfig(service: string, name: string, qualifier: string, options: object): Reply;
  getOnDemandConfig(service: string, name: string, qualifier: string): Reply;
  deleteOnDemandConfig(service: string, name: string, qualifier: string): Promise<unknown>;
  /** Signed as a call of an HTTP trigger; `path` starts with `/proxy/`. */
  get(path: string, query?: object, headers?: Headers): Promise<SdkReply<unknown>>;
}

const Fc2 = createRequire(import.meta.url)('@alicloud/fc2') as new (
  accountId: string,
  options: object,
) => Sdk;

export const sdkFor = (url: string, accountId: string, credentials: Credentials): Sdk =>
  new Fc2(accountId, {
    accessKeyID: credentials.accessKeyId,
    accessKeySecret: credentials.accessKeySecret,
    securityToken: credentials.securityToken,
    region: 'cn-hangzhou',
    endpoint: url,
  });
